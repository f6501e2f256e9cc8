extension PostgresConfiguration {
    /// Reads `DATABASE_URL`, or else `DB_HOST` (a socket directory too), `DB_PORT`, `DB_USERNAME`, `DB_PASSWORD` and
    /// `DB_NAME`; beside either, `DB_CONNECTIONS`. An empty value counts as absent. Throws `.configuration` naming the
    /// senseless variable.
    public init(environment: [String: String]) throws(PostgresError) {
        func value(_ name: String) -> String? {
            guard let value = environment[name], !value.isEmpty else { return nil }
            return value
        }
        if let url = value("DATABASE_URL") {
            do throws(PostgresError) {
                try self.init(url: url)
            } catch {
                throw PostgresError(.configuration, "DATABASE_URL: \(error.message)")
            }
        } else {
            self.init()
            host = value("DB_HOST") ?? host
            user = value("DB_USERNAME") ?? user
            password = value("DB_PASSWORD") ?? password
            database = value("DB_NAME") ?? database
            if let text = value("DB_PORT") {
                guard let number = Self.port(text) else {
                    throw PostgresError(.configuration, "DB_PORT is no port number: \(text)")
                }
                port = number
            }
        }
        if let text = value("DB_CONNECTIONS") {
            guard let number = Int(text), (1...Self.maximumConnections).contains(number) else {
                throw PostgresError(
                    .configuration, "DB_CONNECTIONS must lie in 1…\(Self.maximumConnections), not \(text)")
            }
            connections = number
        }
    }

    /// A server's own default is 100 for all of its clients.
    private static let maximumConnections = 100

    static func port(_ text: some StringProtocol) -> Int? {
        guard let number = UInt16(text), number > 0 else { return nil }
        return Int(number)
    }
}
