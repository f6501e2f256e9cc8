public import Domain

/// An account, with what only log-in may read.
public struct AccountRecord: Sendable {
    public let id: UUID16
    public let email: String
    public let name: String
    public let passwordHash: String
    public let role: Role
    public let isLocked: Bool
    public let locale: String
    /// In the contract's shape, without the hash.
    public let json: [UInt8]
}
