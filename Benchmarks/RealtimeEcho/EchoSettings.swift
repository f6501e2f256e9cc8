import Glibc
import Realtime

/// What the environment asks for; see `RealtimeEcho`.
struct EchoSettings {
    var host = "127.0.0.1"
    var port = 3000
    var options = SocketServerOptions()
    var isConformanceRun = false
    var recovers = false

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
            options.engine.cors = CORSOptions(origins: origin == "*" ? .any : .list(list))
        }
        if text("PER_MESSAGE_DEFLATE") == "on" { options.engine.messageCompression = MessageCompressionOptions() }
        options.engine.identifiers = SessionIdentifiers(owner: SessionOwner(name: text("NODE_ID") ?? "echo"))
        self.port = port
        self.options = options
        isConformanceRun = text("CONFORMANCE") == "on"
        recovers = text("RECOVERY") == "on"
        if recovers { self.options.recoveryMode = .always }
    }
}
