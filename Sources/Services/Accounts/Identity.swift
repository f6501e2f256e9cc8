public import Domain

/// Who asks: an account, the session through which it does, and the role its token bears.
public struct Identity: Sendable, Hashable {
    public let account: UUID16
    public let session: UUID16
    public let role: Role

    public init(account: UUID16, session: UUID16, role: Role) {
        self.account = account
        self.session = session
        self.role = role
    }
}
