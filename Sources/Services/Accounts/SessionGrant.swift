public import Domain

/// What register, log-in and refresh answer.
public struct SessionGrant: Sendable {
    public let account: UUID16
    public let session: UUID16
    /// `{user, accessToken, refreshToken, tokenType, expiresIn}`
    public let json: [UInt8]
}
