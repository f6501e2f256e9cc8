public import Domain
import EventLoop
import Postgres

extension Store {
    private static let create = PostgresStatement.rows("create_account", 6)
    private static let update = PostgresStatement.rows("update_account", 6)
    private static let byEmail = PostgresStatement.rows("account_by_email", 1)
    private static let byID = PostgresStatement.rows("account_by_id", 1)
    private static let list = PostgresStatement.value("list_accounts", 4)

    /// Creates an account, and for a DRIVER its driver. `.emailTaken` whatever the case of the letters.
    public func createAccount(
        id: UUID16, email: String, name: String, passwordHash: String, role: Role, locale: String?
    ) async throws(StoreError) -> Change {
        try await change(
            Self.create,
            [.id(id), .text(email), .text(name), .text(passwordHash), .text(role.rawValue), .text(locale)])
    }

    /// Changes an account; its resource is the change's.
    public func updateAccount(_ id: UUID16, _ changes: AccountChanges) async throws(StoreError) -> Change {
        try await change(
            Self.update,
            [
                .id(id), .text(changes.name), .text(changes.locale), .text(changes.passwordHash),
                .text(changes.role?.rawValue), .text(changes.isLocked.map { $0 ? "LOCKED" : "ACTIVE" }),
            ])
    }

    /// The account of an address, in whatever case it is written.
    public func account(email: String) async throws(StoreError) -> AccountRecord? {
        try await account(Self.byEmail, .text(email))
    }

    public func account(_ id: UUID16) async throws(StoreError) -> AccountRecord? {
        try await account(Self.byID, .id(id))
    }

    /// A page of accounts, newest first; `query` is looked for in address and name.
    public func listAccounts(
        query: String? = nil, role: Role? = nil, cursor: String? = nil, limit: Int
    ) async throws(StoreError) -> [UInt8] {
        try await page(
            Self.list, [.text(query), .text(role?.rawValue), .id(try Cursor.id(cursor)), .int(limit)])
    }

    private func account(
        _ statement: PostgresStatement, _ key: PostgresValue
    ) async throws(StoreError) -> AccountRecord? {
        let rows = try await rows(statement, [key])
        guard let row = rows.first else { return nil }
        let role = try row.value("role", as: Role.self)
        return try decoding { () throws(PostgresError) in
            AccountRecord(
                id: try row.id("id"), email: try row.text("email"), name: try row.text("name"),
                passwordHash: try row.text("password_hash"), role: role, isLocked: try row.text("status") == "LOCKED",
                locale: try row.text("locale"), json: try row.bytes("json"))
        }
    }
}
