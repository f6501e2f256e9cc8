import Cluster
import Glibc
import Realtime
import Redis

/// What the environment asks for; see README.md.
struct EchoSettings {
    var host = "127.0.0.1"
    var port = 3000
    var options = SocketServerOptions()
    var nodeID = "echo"
    var isConformanceRun = false
    var recovers = false
    /// Of a cluster.
    var recovery = RecoverySettings()
    /// A cluster when set.
    var redis: RedisConfiguration?
    var pythonChannel: String?
    /// Signs session ids and proves links; nil: made by the first node, kept in Redis.
    var secret: [UInt8]?
    var links = LinkOptions()

    /// Six characters that name this process in the ids of its sockets.
    static func randomPrefix() -> String {
        let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<6).compactMap { _ in characters.randomElement() })
    }

    /// nil, with a line on standard error, when a variable makes no sense.
    init?() {
        func text(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        func number(_ name: String, _ set: (Int) -> Void) -> Bool {
            guard let value = text(name) else { return true }
            guard let number = Int(value), number >= 0 else {
                let line = "\(name): not a number: \(value)\n"
                _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
                return false
            }
            set(number)
            return true
        }
        var options = SocketServerOptions()
        var port = 3000
        guard number("PORT", { port = $0 }),
            number("PING_INTERVAL", { options.engine.pingInterval = .milliseconds($0) }),
            number("PING_TIMEOUT", { options.engine.pingTimeout = .milliseconds($0) }),
            number("CONNECT_TIMEOUT", { options.connectTimeout = .milliseconds($0) }),
            number("MAX_PAYLOAD", { options.engine.maximumPayload = $0 })
        else { return nil }
        if let host = text("HOST") { self.host = host }
        if let origin = text("CORS_ORIGIN") {
            let list = origin.split(separator: ",").map(String.init)
            options.engine.cors = CORSOptions(
                origins: origin == "*" ? .any : .list(list), allowsCredentials: text("CORS_CREDENTIALS") == "on")
        }
        if let compression = text("PER_MESSAGE_DEFLATE"), compression == "on" || compression == "keep" {
            var wanted = MessageCompressionOptions()
            wanted.keepsContext = compression == "keep"
            options.engine.messageCompression = wanted
        }
        let random = "echo-" + String(UInt32.random(in: .min ... .max), radix: 36)
        nodeID = text("NODE_NAME") ?? text("NODE_ID") ?? random
        guard SessionOwner.isName(nodeID) else {
            let line = "NODE_NAME: not 1 to 32 characters without a dot: \(nodeID)\n"
            _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
            return nil
        }
        secret = text("SESSION_SECRET").map { Array($0.utf8) }
        if let host = text("LINK_HOST") { links.host = host }
        links.advertisedHost = text("LINK_ADDRESS")
        guard number("LINK_PORT", { links.port = $0 }) else { return nil }
        options.engine.identifiers = SessionIdentifiers(owner: SessionOwner(name: nodeID))
        self.port = port
        self.options = options
        isConformanceRun = text("CONFORMANCE") == "on"
        recovers = text("RECOVERY") == "on"
        if recovers { self.options.recoveryMode = .always }
        guard number("RECOVERY_TIME", { recovery.maximumDisconnection = .milliseconds($0) }),
            number("RECOVERY_LOG_BYTES", { recovery.logBytes = $0 })
        else { return nil }
        pythonChannel = text("REDIS_PYTHON_CHANNEL")
        guard let url = text("REDIS_URL") else { return }
        do throws(RedisError) {
            redis = try RedisConfiguration(url: url)
        } catch {
            let line = "REDIS_URL: \(error)\n"
            _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
            return nil
        }
    }
}
