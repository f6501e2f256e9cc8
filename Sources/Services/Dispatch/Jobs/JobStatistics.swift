/// What has become of jobs on this node since the start.
public struct JobStatistics: Sendable, Equatable {
    public internal(set) var done: UInt64 = 0
    /// Tries that failed.
    public internal(set) var failed: UInt64 = 0
    /// Jobs whose last try failed.
    public internal(set) var dead: UInt64 = 0
    /// Under way now.
    public internal(set) var running = 0
}
