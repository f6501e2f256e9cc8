/// Where a job stands; finished ones are gone.
public enum JobState: String, CaseIterable, Sendable {
    case ready = "READY"
    case running = "RUNNING"
    /// Failed at its last attempt; waits for an admin.
    case dead = "DEAD"
}
