import EventLoop

/// Listens on a connection of its own, and again after each loss. Notifications sent meanwhile are lost: whoever needs
/// them looks at the rows when `onListening` is called.
@Loop
final class PostgresListener {
    /// First pause after a loss, and the longest; a missed wake-up only costs until the next sweep.
    private static let firstPause: Duration = .milliseconds(100)
    private static let longestPause: Duration = .seconds(2)
    private static let listenTimeout: Duration = .seconds(5)

    var onListening: (() -> Void)?
    private let configuration: PostgresConfiguration
    private let timing: any Timing
    private var handlers: [String: [@Loop (String) -> Void]] = [:]
    private var session: PostgresSession?
    private var pause = PostgresListener.firstPause
    private var timer: ScheduledTimer?
    private var isRunning = false
    private var isChanging = false

    init(_ configuration: PostgresConfiguration, timing: any Timing) {
        self.configuration = configuration
        self.timing = timing
    }

    var hasChannels: Bool { !handlers.isEmpty }

    func add(_ channel: String, _ handler: @escaping @Loop (String) -> Void) {
        handlers[channel, default: []].append(handler)
        if isRunning { update() }
    }

    func start() {
        guard !isRunning else { return }
        isRunning = true
        update()
    }

    func stop() {
        isRunning = false
        timer?.cancel()
        timer = nil
        session?.close()
        session = nil
    }

    /// Brings the session up, or its channels up to date.
    private func update() {
        timer?.cancel()
        timer = nil
        guard isRunning, !isChanging else { return }
        isChanging = true
        Loop.start { [self] in
            do throws(PostgresError) {
                try await listen()
                pause = Self.firstPause
                isChanging = false
                if isRunning { onListening?() }
            } catch {
                isChanging = false
                session?.close()
                session = nil
                again()
            }
        }
    }

    private func listen() async throws(PostgresError) {
        if session?.isOpen != true { try await connect() }
        var listened: Set<String> = []
        // Channels can be added while the server answers.
        while let session, listened.count < handlers.count {
            let channels = handlers.keys.filter { !listened.contains($0) }
            // LISTEN twice on one channel does nothing.
            let sql = channels.map { "LISTEN \(Self.quoted($0))" }.joined(separator: "; ")
            try await session.script(sql, timeout: Self.listenTimeout)
            listened.formUnion(channels)
        }
    }

    private func connect() async throws(PostgresError) {
        let session = PostgresSession(
            configuration, statementTimeout: Self.listenTimeout, timing: timing, canceller: nil)
        self.session = session
        session.onNotification = { [weak self] channel, payload in
            for handler in self?.handlers[channel] ?? [] { handler(payload) }
        }
        session.onLost = { [weak self] _ in
            guard let self, !isChanging else { return }
            self.session = nil
            again()
        }
        try await session.open()
    }

    private func again() {
        guard isRunning else { return }
        timer = timing.after(pause * Double.random(in: 0.5...1)) { [weak self] in self?.update() }
        pause = min(pause * 2, Self.longestPause)
    }

    static func quoted(_ name: String) -> String {
        var quoted = "\""
        for character in name {
            if character == "\"" { quoted.append(character) }
            quoted.append(character)
        }
        return quoted + "\""
    }
}
