/// Where the server is, who asks, and the bounds of the pool.
public struct PostgresConfiguration: Sendable, CustomStringConvertible {
    /// How a connection is protected; libpq's words.
    public enum EncryptionMode: String, Sendable {
        case disable, allow, prefer, require
        case verifyCA = "verify-ca"
        case verifyFull = "verify-full"
    }

    /// A host name, a numeric address, or the directory of the server's socket.
    public var host = "127.0.0.1"
    /// The TCP port, or the number in the socket's name.
    public var port = 5432
    /// The role to log in as.
    public var user = "postgres"
    /// The role's password, empty when the server asks for none.
    public var password = ""
    /// The database.
    public var database = "postgres"
    /// Encryption over TCP; a socket in the file system is never encrypted.
    public var encryption: EncryptionMode = .prefer
    /// The file with the certificates to trust, for the verifying modes; nil is libpq's default.
    public var rootCertificate: String?
    /// The name shown in pg_stat_activity.
    public var applicationName = "lastmile"

    /// Connections of the pool. One loop feeds them all and each carries many statements at once, but the server runs
    /// those of one connection one after another, each through to its commit on the disk. So what bounds changes a
    /// second is how many commits one flush of its log can take: well more than cores, few enough for several nodes.
    public var connections = 16
    /// Statements in flight on one connection. The server runs them one after another: more would only make a
    /// lost connection's unknown outcomes more numerous.
    public var maximumInFlight = 64
    /// Statements that wait for room or for a connection; above it `.overloaded`. 2,048 are about half a second of
    /// work for one server.
    public var maximumWaiting = 2048
    /// Largest sum of one statement's parameters, in bytes.
    public var maximumParameterBytes = 16 << 20

    /// How long the server lets one statement run: the backstop behind the client's deadlines, above any of them
    /// that hot paths use.
    public var statementTimeout: Duration = .seconds(30)
    /// How long the server lets a transaction wait for its node, which may be paused while it holds locks.
    public var idleInTransactionTimeout: Duration = .seconds(5)
    /// `synchronous_commit` of the sessions; nil leaves the server's own.
    public var synchronousCommit: String?
    /// How long an attempt to connect may take, name resolution and log-in included. Generous against a busy server,
    /// short against one that accepts and says nothing.
    public var connectTimeout: Duration = .seconds(5)

    /// A configuration with defaults.
    public init() {}

    /// Without the password.
    public var description: String { "\(user)@\(host):\(port)/\(database)" }

    var isSocketDirectory: Bool { host.hasPrefix("/") }
}
