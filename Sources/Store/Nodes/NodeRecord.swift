/// A node as the database last heard of it.
public struct NodeRecord: Sendable {
    public let name: String
    /// Random at each start.
    public let epoch: String
    public let version: String
    /// RFC 3339.
    public let startedAt: String
    /// Since its last beat.
    public let silentMilliseconds: Int64
}
