public import Domain

/// A session as it stands, with its account as it is now.
public struct SessionView: Sendable {
    public enum State: String, Sendable {
        case active = "ACTIVE"
        case revoked = "REVOKED"
        case expired = "EXPIRED"
        /// The account is locked.
        case locked = "LOCKED"
    }

    public let state: State
    /// Why it was revoked.
    public let reason: String?
    public let accountID: UUID16
    public let role: Role
    /// The account's resource.
    public let accountJSON: [UInt8]
}
