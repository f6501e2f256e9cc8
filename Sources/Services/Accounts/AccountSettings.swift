public import Crypto

/// How accounts are kept (contract, Environment).
public struct AccountSettings: Sendable {
    /// Life of an access token, in seconds (`JWT_EXPIRATION`).
    public var accessTokenSeconds: Int
    /// A session ends by itself when it is not refreshed for this long, in seconds.
    public var sessionSeconds: Double
    /// What a password hash costs (`SCRYPT_COST`).
    public var passwordCost: ScryptCost
    /// `DRIVER_APPROVAL=required`: drivers who registered themselves may not go on duty until an ADMIN lets them.
    public var requiresDriverApproval: Bool

    public init(
        accessTokenSeconds: Int = 15 * 60, sessionSeconds: Double = 30 * 86_400, passwordCost: ScryptCost = .owasp,
        requiresDriverApproval: Bool = false
    ) {
        self.accessTokenSeconds = accessTokenSeconds
        self.sessionSeconds = sessionSeconds
        self.passwordCost = passwordCost
        self.requiresDriverApproval = requiresDriverApproval
    }
}
