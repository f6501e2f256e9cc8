public import Domain

/// What became of a refresh token that was shown.
public enum SessionRotation: Sendable, Equatable {
    /// The new token holds.
    case rotated(account: UUID16)
    case unknown
    case expired
    /// The session has ended, `REFRESH_REUSED` by this very call.
    case revoked(account: UUID16, reason: String)
}
