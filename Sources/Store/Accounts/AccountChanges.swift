public import Domain

/// What is to change of an account; nil leaves a field as it is.
public struct AccountChanges: Sendable {
    public var name: String?
    public var locale: String?
    public var passwordHash: String?
    /// A change ends the sockets that bear the old role.
    public var role: Role?
    /// True ends every session.
    public var isLocked: Bool?

    public init(
        name: String? = nil, locale: String? = nil, passwordHash: String? = nil, role: Role? = nil,
        isLocked: Bool? = nil
    ) {
        self.name = name
        self.locale = locale
        self.passwordHash = passwordHash
        self.role = role
        self.isLocked = isLocked
    }
}
