public import Domain
import EventLoop
import Store

extension Accounts {
    /// The caller's own account.
    public func me(_ identity: Identity) async throws(ServiceError) -> [UInt8] {
        let found = try await storing { () async throws(StoreError) in try await store.account(identity.account) }
        guard let account = found else { throw .notFound }
        return account.json
    }

    /// `{name?, locale?}`
    public func updateMe(_ identity: Identity, _ body: InputReader) async throws(ServiceError) -> [UInt8] {
        var input = body
        let changes = AccountChanges(name: input.optionalName("name"), locale: input.locale("locale"))
        try input.finish()
        return try await update(identity.account, changes)
    }

    /// A page of accounts, newest first.
    ///
    /// - Parameters:
    ///   - query: looked for in address and name.
    ///   - limit: 1–100.
    public func list(
        query: String?, role: Role?, cursor: String?, limit: Int
    ) async throws(ServiceError) -> [UInt8] {
        try await storing { () async throws(StoreError) in
            try await store.listAccounts(query: query, role: role, cursor: cursor, limit: limit)
        }
    }

    /// What an ADMIN changes: `{name?, locale?, role?, status?: ACTIVE·LOCKED}`. A new role ends the sockets and tokens that
    /// bear the old one, LOCKED every session.
    public func update(account: UUID16, _ body: InputReader) async throws(ServiceError) -> [UInt8] {
        var input = body
        let standing = input.optionalChoice("status", AccountStanding.self)
        let changes = AccountChanges(
            name: input.optionalName("name"), locale: input.locale("locale"),
            role: input.optionalChoice("role", Role.self), isLocked: standing.map { $0 == .locked })
        try input.finish()

        let json = try await update(account, changes)
        if changes.isLocked == true {
            announce(AccessChange(accountID: account, sessionID: nil, reason: "ACCOUNT_LOCKED"))
        } else if let role = changes.role {
            announce(AccessChange(accountID: account, sessionID: nil, role: role.rawValue, reason: "ROLE_CHANGED"))
        }
        return json
    }

    /// The first ADMIN of a cluster, from the command line.
    ///
    /// - Throws: `EMAIL_TAKEN`; 422 for what is no address, or a password of another length than 8 to 128.
    public func createAdmin(email: String, password: String) async throws(ServiceError) -> UUID16 {
        guard let address = EmailAddress(email) else {
            throw .invalid("email", "INVALID_VALUE", "must be an e-mail address")
        }
        guard TextProblem.find(in: password, length: InputLimits.passwordLengths) == nil else {
            throw .invalid("password", "OUT_OF_RANGE", "must have 8 to 128 characters")
        }
        return try await create(
            email: address.description, password: password, name: "Administrator", role: .admin, locale: nil
        ).id
    }

    private func update(_ account: UUID16, _ changes: AccountChanges) async throws(ServiceError) -> [UInt8] {
        let change = try await storing { () async throws(StoreError) in
            try await store.updateAccount(account, changes)
        }
        guard change.isDone else { throw .notFound }
        return change.json
    }
}
