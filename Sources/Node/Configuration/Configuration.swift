import Cluster
import Crypto
import Domain
import Postgres
import Redis
import Telemetry

/// Everything an operator can set, read once at start and checked whole: a node that starts does not stumble over a
/// setting later.
struct Configuration {
    enum Mode: String, CaseIterable {
        case development, production
    }

    var mode: Mode
    var nodeID: String
    var host: String
    var port: Int
    var links: LinkOptions
    var postgres: PostgresConfiguration
    var redis: RedisConfiguration
    /// Where python-socketio's emitters publish; nil: nobody listens to them.
    var pythonChannel: String?
    /// nil: no socket gets a session that it could take up again.
    var recovery: RecoverySettings?
    var tokenSecret: [UInt8]
    var tokenSeconds: Int
    /// What nodes recognise one another and the ids of sessions by.
    var sessionSecret: [UInt8]
    var scryptCost: ScryptCost
    var seedsTestData: Bool
    var limitsRates: Bool
    var pingInterval: Duration
    var pingTimeout: Duration
    var logLevel: LogLevel
    var trustedProxies: [String]
    var corsOrigins: [String]
    var compressesMessages: Bool
    var maximumConnections: Int
    var maximumConnectionsPerAddress: Int
    var maximumConnectionsPerAccount: Int
    var maximumPacketsPerSecond: Int
    var drainSeconds: Int
    var drainRate: Int
    var handshakeRate: Int
    var handshakeRatePerAddress: Int
    var matching: MatchingSettings
    var drivers: DriverSettings
    var requiresDriverApproval: Bool

    /// Of the demo's secret, which production refuses.
    static let developmentSecret = "lastmile-development-secret-change-me"
    private static let shortestSecret = 32

    init(_ settings: Settings) throws(Settings.Failure) {
        mode = try settings.choice("LASTMILE_ENV", default: .development)
        nodeID = settings.text("NODE_ID", default: "node-1")
        guard Self.isName(nodeID) else {
            throw Settings.Failure(name: "NODE_ID", reason: "must be 1 to 32 of a-z, 0-9 and -, not \(nodeID)")
        }
        host = settings.text("HOST", default: "127.0.0.1")
        port = try settings.integer("PORT", in: 0...65535, default: 3000)
        links = LinkOptions()
        links.host = settings.text("LINK_HOST", default: "127.0.0.1")
        links.port = try settings.integer("LINK_PORT", in: 0...65535, default: 0)
        links.advertisedHost = settings["LINK_ADDRESS"]
        if links.advertisedHost == nil, links.host == "0.0.0.0" || links.host == "::" {
            throw Settings.Failure(name: "LINK_ADDRESS", reason: "must name this node where LINK_HOST is every address")
        }
        do throws(PostgresError) {
            postgres = try PostgresConfiguration(environment: settings.all)
        } catch {
            throw Settings.Failure(name: "PostgreSQL", reason: error.message)
        }
        redis = try Self.redis(settings)
        pythonChannel = settings["REDIS_PYTHON_CHANNEL"]
        if let channel = pythonChannel, channel.hasPrefix(Bus.prefix) || channel.hasPrefix("socket.io") {
            throw Settings.Failure(
                name: "REDIS_PYTHON_CHANNEL", reason: "must not begin as other channels do: \(channel)")
        }
        recovery = try Self.recovery(settings)
        tokenSecret = Array(settings.text("JWT_SECRET", default: Self.developmentSecret).utf8)
        sessionSecret = try Self.sessionSecret(settings, tokenSecret: tokenSecret)
        tokenSeconds = try settings.period("JWT_EXPIRATION", default: "15m")
        let cost = try settings.integer("SCRYPT_COST", in: 10...20, default: ScryptCost.owasp.logN)
        scryptCost = ScryptCost(logN: cost) ?? .owasp
        seedsTestData = try settings.flag("SEED_TEST_DATA", on: "true", off: "false", default: false)
        limitsRates = try settings.flag("RATE_LIMITS", on: "on", off: "off", default: true)
        pingInterval = .milliseconds(try settings.integer("PING_INTERVAL", in: 100...600_000, default: 25000))
        pingTimeout = .milliseconds(try settings.integer("PING_TIMEOUT", in: 100...600_000, default: 20000))
        guard let level = LogLevel(setting: settings.text("LOG_LEVEL", default: "info")) else {
            throw Settings.Failure(name: "LOG_LEVEL", reason: "must be debug, info, warning or error")
        }
        logLevel = level
        trustedProxies = Self.list(settings.text("TRUSTED_PROXIES", default: "127.0.0.1,::1"))
        corsOrigins = Self.list(settings.text("CORS_ORIGINS", default: ""))
        if let origin = corsOrigins.first(where: { !Self.isOrigin($0) }) {
            throw Settings.Failure(name: "CORS_ORIGINS", reason: "must be like https://app.example.com, not \(origin)")
        }
        compressesMessages = try settings.flag("PER_MESSAGE_DEFLATE", on: "on", off: "off", default: false)
        maximumConnections = try settings.integer("MAX_CONNECTIONS", in: 1...1_000_000, default: 100_000)
        maximumConnectionsPerAddress = try settings.integer(
            "MAX_CONNECTIONS_PER_ADDRESS", in: 1...1_000_000, default: 1_000)
        maximumConnectionsPerAccount = try settings.integer(
            "MAX_CONNECTIONS_PER_ACCOUNT", in: 1...1_000_000, default: 100)
        maximumPacketsPerSecond = try settings.integer("SOCKET_PACKETS_PER_SECOND", in: 10...1_000_000, default: 500)
        drainSeconds = try settings.integer("DRAIN_SECONDS", in: 0...3600, default: 10)
        drainRate = try settings.integer("DRAIN_RATE", in: 1...100_000, default: 500)
        handshakeRate = try settings.integer("HANDSHAKE_RATE", in: 1...100_000, default: 1000)
        handshakeRatePerAddress = try settings.integer("HANDSHAKE_RATE_PER_ADDRESS", in: 1...100_000, default: 200)
        do throws(DomainError) {
            matching = try MatchingSettings(environment: settings.all)
            drivers = try DriverSettings(environment: settings.all)
        } catch {
            throw Settings.Failure(name: error.settingName, reason: error.settingReason)
        }
        requiresDriverApproval = try settings.flag(
            "DRIVER_APPROVAL", on: "required", off: "automatic", default: false)
        _ = try settings.choice("STRIPE_EXEC_MODE", default: StripeMode.local)
        try checkProduction(settings)
    }

    private enum StripeMode: String, CaseIterable {
        case local, live
    }

    private func checkProduction(_ settings: Settings) throws(Settings.Failure) {
        guard mode == .production else { return }
        guard settings["JWT_SECRET"] != nil, tokenSecret != Array(Self.developmentSecret.utf8) else {
            throw Settings.Failure(name: "JWT_SECRET", reason: "must be set in production")
        }
        guard tokenSecret.count >= Self.shortestSecret else {
            throw Settings.Failure(
                name: "JWT_SECRET", reason: "must have at least \(Self.shortestSecret) bytes in production")
        }
        guard !seedsTestData else {
            throw Settings.Failure(name: "SEED_TEST_DATA", reason: "must not be true in production")
        }
    }

    /// `SESSION_SECRET`, else one that follows from `JWT_SECRET` and gives nothing of it away.
    private static func sessionSecret(
        _ settings: Settings, tokenSecret: [UInt8]
    ) throws(Settings.Failure) -> [UInt8] {
        if let text = settings["SESSION_SECRET"] {
            guard text.utf8.count >= shortestSecret else {
                throw Settings.Failure(name: "SESSION_SECRET", reason: "must have at least \(shortestSecret) bytes")
            }
            return Array(text.utf8)
        }
        do throws(CryptoError) {
            return try hmacSHA256(key: tokenSecret, Array("lastmile session secret 1".utf8))
        } catch {
            throw Settings.Failure(name: "SESSION_SECRET", reason: "cannot be derived from JWT_SECRET")
        }
    }

    private static func recovery(_ settings: Settings) throws(Settings.Failure) -> RecoverySettings? {
        var recovery = RecoverySettings()
        let seconds = try settings.integer("RECOVERY_SECONDS", in: 0...3600, default: 120)
        recovery.maximumDisconnection = .seconds(seconds)
        recovery.logBytes = try settings.integer("RECOVERY_LOG_MEGABYTES", in: 1...65536, default: 64) << 20
        return seconds == 0 ? nil : recovery
    }

    private static func redis(_ settings: Settings) throws(Settings.Failure) -> RedisConfiguration {
        if let url = settings["REDIS_URL"] {
            do throws(RedisError) {
                return try RedisConfiguration(url: url)
            } catch {
                throw Settings.Failure(name: "REDIS_URL", reason: "\(error)")
            }
        }
        let port = try settings.integer("REDIS_PORT", in: 1...65535, default: 6379)
        var redis = RedisConfiguration(
            address: .tcp(host: settings.text("REDIS_HOST", default: "127.0.0.1"), port: port))
        redis.password = settings["REDIS_PASSWORD"]
        return redis
    }

    /// It stands in session ids, log lines and Nginx's map.
    private static func isName(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
            }
    }

    /// As browsers send it: a scheme and a host, no path.
    private static func isOrigin(_ text: String) -> Bool {
        let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count > 1, parts[0].last == ":", parts[1].isEmpty, !parts[2].isEmpty
        else { return false }
        return !parts[2].contains("/") && text == text.lowercased()
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
    }
}

extension DomainError {
    fileprivate var settingName: String {
        switch self {
        case .setting(let name, _, _): name
        }
    }

    fileprivate var settingReason: String {
        switch self {
        case .setting(_, let value, let expected): "is \"\(value)\": expected \(expected)"
        }
    }
}
