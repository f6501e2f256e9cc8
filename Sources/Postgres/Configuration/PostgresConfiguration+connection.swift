import EventLoop

extension PostgresConfiguration {
    /// A server that vanished without a word is noticed within about 15 s even when nothing is in flight.
    private static let keepaliveIdleSeconds = 6
    private static let keepaliveIntervalSeconds = 3
    private static let keepaliveCount = 3
    /// Milliseconds that sent bytes may stay unacknowledged before TCP gives the connection up.
    private static let unacknowledgedMilliseconds = 15_000

    /// libpq's connection parameters. Set in full, so that little is left to libpq's environment variables and files.
    func connectionParameters(statementTimeout: Duration) -> [(name: String, value: String)] {
        var options = [
            "statement_timeout=\(statementTimeout.wholeMilliseconds)",
            "idle_in_transaction_session_timeout=\(idleInTransactionTimeout.wholeMilliseconds)",
            "TimeZone=UTC",
        ]
        if let synchronousCommit { options.append("synchronous_commit=\(synchronousCommit)") }
        var parameters = [
            ("host", host), ("port", String(port)), ("user", user), ("dbname", database),
            ("application_name", applicationName), ("client_encoding", "UTF8"),
            ("options", options.map { "-c \($0)" }.joined(separator: " ")),
            ("sslmode", isSocketDirectory ? "disable" : encryption.rawValue), ("gssencmode", "disable"),
            ("keepalives", "1"),
            ("keepalives_idle", String(Self.keepaliveIdleSeconds)),
            ("keepalives_interval", String(Self.keepaliveIntervalSeconds)),
            ("keepalives_count", String(Self.keepaliveCount)),
            ("tcp_user_timeout", String(Self.unacknowledgedMilliseconds)),
        ]
        if !password.isEmpty { parameters.append(("password", password)) }
        if let rootCertificate { parameters.append(("sslrootcert", rootCertificate)) }
        return parameters
    }
}
