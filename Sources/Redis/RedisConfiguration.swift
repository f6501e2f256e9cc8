/// Where Redis is and what the driver takes patience for.
public struct RedisConfiguration: Sendable {
    public enum Address: Sendable, Equatable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    public var address: Address
    public var username: String?
    public var password: String?
    public var database = 0
    /// Shown by `CLIENT LIST`; no spaces.
    public var clientName: String?

    /// For the connection and the handshake together. Redis answers in microseconds; more than this is an outage.
    public var connectTimeout: Duration = .seconds(1)
    /// The deadline of a command that names none.
    public var commandTimeout: Duration = .seconds(1)
    /// A connection that owes an answer and sends nothing for so long is replaced.
    public var silenceLimit: Duration = .seconds(2)
    /// How often the command connection is looked at; an idle one is sent a PING.
    public var probeInterval: Duration = .milliseconds(500)
    /// A subscriber sends PING so long after the last PONG.
    public var subscriberPingInterval: Duration = .seconds(1)
    /// A subscriber whose PONG has not come in this time has broken (protocols 2.6).
    public var subscriberPongTimeout: Duration = .seconds(2)

    /// The pause before the first attempt to reconnect; it doubles with each failure.
    public var backoffFirst: Duration = .milliseconds(50)
    /// The longest pause between attempts: how late the return of Redis may be noticed.
    public var backoffLimit: Duration = .seconds(2)
    /// A connection that lived so long starts the backoff anew.
    public var backoffReset: Duration = .seconds(5)

    /// Commands on their way at once; beyond it they are refused.
    public var pendingLimit = 65_536
    /// Bytes waiting to be written; beyond it commands are refused.
    public var outputLimit = 8 * 1_048_576
    /// Channels and patterns of one subscriber.
    public var channelLimit = 200_000

    /// In 0..<1: spreads the attempts of many nodes.
    public var jitter: @Sendable () -> Double = { Double.random(in: 0..<1) }

    public init(address: Address) {
        self.address = address
    }
}

extension RedisConfiguration {
    /// The port that IANA has given Redis.
    static let defaultPort = 6379

    /// `redis://[[user]:password@]host[:port][/database]` or `unix://[:password@]/path[?db=N]`; user and password may
    /// be percent-encoded.
    public init(url: String) throws(RedisError) {
        guard let separator = url.firstRange(of: "://") else {
            throw .invalidConfiguration("the Redis URL has no scheme")
        }
        let scheme = url[..<separator.lowerBound]
        var rest = url[separator.upperBound...]
        var username: String?
        var password: String?
        // A path may hold an @, so credentials are looked for before the first slash alone.
        let authority = rest.prefix { $0 != "/" }
        if let at = authority.lastIndex(of: "@") {
            let credentials = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            username = try Self.percentDecoded(credentials[0])
            if credentials.count == 2 { password = try Self.percentDecoded(credentials[1]) }
            if username?.isEmpty == true { username = nil }
            rest = rest[rest.index(after: at)...]
        }
        switch scheme {
        case "redis":
            try self.init(hostAndDatabase: rest)
        case "unix", "redis+unix":
            try self.init(pathAndQuery: rest)
        default:
            throw .invalidConfiguration("the Redis URL's scheme is neither redis nor unix")
        }
        self.username = username
        self.password = password
    }

    private init(hostAndDatabase rest: Substring) throws(RedisError) {
        let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let (host, port) = try Self.hostAndPort(parts[0])
        self.init(address: .tcp(host: host, port: port))
        if parts.count == 2, !parts[1].isEmpty { database = try Self.database(parts[1]) }
    }

    private init(pathAndQuery rest: Substring) throws(RedisError) {
        let parts = rest.split(separator: "?", maxSplits: 1)
        guard let path = parts.first, path.hasPrefix("/"), path.count > 1 else {
            throw .invalidConfiguration("the Redis URL's socket path is not absolute")
        }
        self.init(address: .unix(path: String(path)))
        guard parts.count == 2 else { return }
        guard parts[1].hasPrefix("db=") else {
            throw .invalidConfiguration("the Redis URL's query knows only db")
        }
        database = try Self.database(parts[1].dropFirst(3))
    }

    private static func hostAndPort(_ text: Substring) throws(RedisError) -> (host: String, port: Int) {
        var host = text
        var portText = Substring()
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else {
                throw .invalidConfiguration("the Redis URL's host lacks a ]")
            }
            host = text[text.index(after: text.startIndex)..<end]
            portText = text[text.index(after: end)...]
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            portText = text[colon...]
        }
        guard !host.isEmpty else { throw .invalidConfiguration("the Redis URL has no host") }
        guard !portText.isEmpty else { return (String(host), defaultPort) }
        guard portText.hasPrefix(":"), let port = Int(portText.dropFirst()), (1...65_535).contains(port) else {
            throw .invalidConfiguration("the Redis URL's port is no port")
        }
        return (String(host), port)
    }

    private static func database(_ text: Substring) throws(RedisError) -> Int {
        guard let number = Int(text), number >= 0 else {
            throw .invalidConfiguration("the Redis URL's database is no number")
        }
        return number
    }

    private static func percentDecoded(_ text: Substring) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2 else {
                throw .invalidConfiguration("the Redis URL's credentials are not percent-encoded")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
