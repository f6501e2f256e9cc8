/// Counts since the server began, and the present numbers.
public struct HTTPServerStatistics: Sendable {
    public internal(set) var accepted: UInt64 = 0
    public internal(set) var requests: UInt64 = 0
    /// Answers by the first digit of their status, 1 to 5 at indices 1 to 5.
    public internal(set) var answersByClass: [UInt64] = Array(repeating: 0, count: 6)
    /// Requests that were refused before any route saw them.
    public internal(set) var invalidRequests: UInt64 = 0
    public internal(set) var timeouts: UInt64 = 0
    /// Connections closed because there were too many.
    public internal(set) var refusedConnections: UInt64 = 0
    /// Connections that speak HTTP now (WebSockets are not among them).
    public internal(set) var connections = 0
}
