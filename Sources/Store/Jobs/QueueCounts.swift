/// How many jobs of a queue are in which state.
public struct QueueCounts: Sendable {
    public let queue: String
    public let ready: Int
    public let running: Int
    public let dead: Int
}
