public import EventLoop

/// Commands to one Redis over one connection. All commands of a loop turn leave in one write; replies come back in
/// order. While Redis is away every command fails at once with `.unavailable`; the client reconnects by itself.
@Loop
public final class RedisClient {
    /// The handshake is done and the connection stands.
    public var isUp: Bool { link != nil }
    /// Who answers; the last known one while the connection is down. nil before the first handshake.
    public private(set) var identity: RedisIdentity?
    public var statistics: RedisStatistics {
        var statistics = counters
        statistics.pending = pending.count
        return statistics
    }
    /// Why the connection broke last, or could not be made; for health and logs.
    public private(set) var lastFailure: RedisError?

    /// Another Redis process, or the same one restarted, answers: keys may be gone.
    public var onServerChange: @Loop (_ old: RedisIdentity, _ new: RedisIdentity) -> Void = { _, _ in }
    /// Something an operator should know: an eviction policy under which Redis drops what was not to expire.
    public var onWarning: @Loop (String) -> Void = { _ in }

    private struct Pending {
        let sent: LoopTime
        let deadline: LoopTime
        /// nil for commands whose reply interests nobody, and for those that have failed already.
        var completion: ((Result<RedisReply, RedisError>) -> Void)?
    }

    private var counters = RedisStatistics()
    private let configuration: RedisConfiguration
    private let timing: any Timing
    private let keeper: LinkKeeper
    private var link: RedisLink?
    private var pending = Ring<Pending>()
    private var deadlineTimer: (at: LoopTime, timer: ScheduledTimer)?
    private var probeTimer: ScheduledTimer?
    private var observers: [(Bool) -> Void] = []
    /// Of scripts, by name. A digest depends on the source alone, so it outlives the connection.
    private var digests: [String: String] = [:]
    private var drained: [CheckedContinuation<Void, Never>] = []

    public init(_ configuration: RedisConfiguration, timing: any Timing) {
        self.configuration = configuration
        self.timing = timing
        keeper = LinkKeeper(configuration, timing: timing)
        keeper.onUp = { [weak self] link, greeting in self?.up(link, greeting) }
        keeper.onFailure = { [weak self] error in self?.lastFailure = error }
    }

    /// Begins to connect, and returns at once. Nothing while it runs already.
    public func start() { keeper.start() }

    /// Refuses further commands, waits for the replies of those on their way, for `commandTimeout` at most, and closes.
    /// Before `start` and the second time: nothing.
    public func stop() async {
        keeper.stop()
        guard let link else { return }
        self.link = nil
        probeTimer?.cancel()
        for observer in observers { observer(false) }
        if !pending.isEmpty {
            let limit = timing.after(configuration.commandTimeout) { [weak self] in self?.resumeDrained() }
            await withCheckedContinuation { drained.append($0) }
            limit.cancel()
        }
        link.closeAfterFlush()
        abandon()
    }

    /// Calls back with each change of `isUp`.
    public func observe(_ observer: @escaping @Loop (_ isUp: Bool) -> Void) {
        observers.append(observer)
    }

    /// For how long the oldest command on its way has waited; zero when there is none. Callers with a short patience
    /// can pass Redis by without trying.
    public var stalled: Duration {
        pending[pending.first].map { timing.now - $0.sent } ?? .zero
    }
}

// MARK: Commands

extension RedisClient {
    /// Sends one command and waits for its reply, at most until the deadline: then it throws `.timedOut` at once, and
    /// the late reply is dropped. An error reply is thrown as `.server`.
    ///
    /// - Parameter timeout: nil stands for `RedisConfiguration.commandTimeout`.
    public func command(
        _ arguments: [RedisArgument], timeout: Duration? = nil
    ) async throws(RedisError) -> RedisReply {
        let box = PositionBox()
        let outcome: Result<RedisReply, RedisError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(returning: .failure(.cancelled)) }
                box.position = submit(arguments, timeout: timeout) { continuation.resume(returning: $0) }
            }
        } onCancel: {
            Loop.perform { [weak self] in self?.cancel(box) }
        }
        return try outcome.get()
    }

    /// Sends one command whose reply interests nobody. Returns false when it was not sent.
    @discardableResult
    public func send(_ arguments: [RedisArgument]) -> Bool {
        guard !refuses() else { return false }
        write(arguments, timeout: nil, completion: nil)
        return true
    }

    /// Runs a script by its digest, or by its source where Redis does not know it (yet, or after it came back empty).
    /// One deadline spans both attempts.
    public func evaluate(
        _ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument], timeout: Duration? = nil
    ) async throws(RedisError) -> RedisReply {
        let deadline = timing.now + (timeout ?? configuration.commandTimeout)
        let tail = [.integer(Int64(keys.count))] + keys + arguments
        if let digest = digests[script.name] {
            do throws(RedisError) {
                return try await command(["EVALSHA", .text(digest)] + tail, timeout: timeout)
            } catch {
                guard case .server("NOSCRIPT", _) = error else { throw error }
            }
        } else {
            // Redis tells the digest, so nothing here has to compute SHA-1.
            submit(["SCRIPT", "LOAD", .text(script.source)], timeout: timeout) { [weak self] outcome in
                if case .success(let reply) = outcome { self?.digests[script.name] = reply.text }
            }
        }
        return try await command(["EVAL", .text(script.source)] + tail, timeout: deadline - timing.now)
    }

    /// The form beneath `command`, for callers that need no task: `completion` is called exactly once, perhaps before
    /// this returns. The result names the command to `cancel`; nil when it was not sent.
    @discardableResult
    func submit(
        _ arguments: [RedisArgument], timeout: Duration?,
        completion: @escaping (Result<RedisReply, RedisError>) -> Void
    ) -> UInt64? {
        if let refusal = refusal() {
            counters.refused += 1
            completion(.failure(refusal))
            return nil
        }
        return write(arguments, timeout: timeout, completion: completion)
    }

    private func refuses() -> Bool {
        guard refusal() != nil else { return false }
        counters.refused += 1
        return true
    }

    private func refusal() -> RedisError? {
        guard let link else { return .unavailable }
        let isFull = pending.count >= configuration.pendingLimit || link.queuedBytes >= configuration.outputLimit
        return isFull ? .overloaded : nil
    }

    @discardableResult
    private func write(
        _ arguments: [RedisArgument], timeout: Duration?, completion: ((Result<RedisReply, RedisError>) -> Void)?
    ) -> UInt64 {
        let now = timing.now
        let deadline = now + (timeout ?? configuration.commandTimeout)
        link?.send(arguments)
        counters.commands += 1
        if completion != nil { armDeadline(deadline) }
        return pending.append(Pending(sent: now, deadline: deadline, completion: completion))
    }

    private func cancel(_ box: PositionBox) {
        guard let position = box.position, let completion = pending[position]?.completion else { return }
        pending[position]?.completion = nil
        completion(.failure(.cancelled))
    }

    /// Where a command stands in the queue, for the cancellation handler, which runs on any thread.
    @Loop
    private final class PositionBox {
        var position: UInt64?
    }
}

// MARK: Replies and deadlines

extension RedisClient {
    private func received(_ reply: RedisReply) {
        guard let command = pending.popFirst() else {
            link?.fail(.protocolViolation("a reply that nobody asked for"))
            return
        }
        var isDemoted = false
        if case .error(let code, _) = reply {
            counters.errors += 1
            isDemoted = code == "READONLY"
        }
        if let completion = command.completion {
            counters.answered += 1
            let roundTrip = (timing.now - command.sent).components
            counters.roundTripNanoseconds &+=
                UInt64(roundTrip.seconds) &* 1_000_000_000 &+ UInt64(roundTrip.attoseconds / 1_000_000_000)
            if case .error(let code, let message) = reply {
                completion(.failure(.server(code: code, message: message)))
            } else {
                completion(.success(reply))
            }
        }
        if pending.isEmpty { resumeDrained() }
        // The master became a replica under us: look where the address leads now.
        if isDemoted { link?.fail(.server(code: "READONLY", message: "this is a replica")) }
    }

    /// One timer for all: it stands at the earliest deadline, and commands that were answered in time cost no timer.
    private func armDeadline(_ deadline: LoopTime) {
        if let armed = deadlineTimer {
            guard deadline < armed.at else { return }
            armed.timer.cancel()
        }
        let timer = timing.after(deadline - timing.now) { [weak self] in self?.deadlineReached() }
        deadlineTimer = (deadline, timer)
    }

    private func deadlineReached() {
        deadlineTimer = nil
        let now = timing.now
        var earliest: LoopTime?
        var expired: [(Result<RedisReply, RedisError>) -> Void] = []
        for position in pending.first..<pending.end {
            guard let command = pending[position], let completion = command.completion else { continue }
            if command.deadline <= now {
                pending[position]?.completion = nil
                expired.append(completion)
            } else {
                earliest = min(earliest ?? command.deadline, command.deadline)
            }
        }
        if let earliest { armDeadline(earliest) }
        counters.timeouts += UInt64(expired.count)
        for completion in expired { completion(.failure(.timedOut)) }
    }

    private func resumeDrained() {
        let waiting = drained
        drained = []
        for continuation in waiting { continuation.resume() }
    }
}

// MARK: The connection

extension RedisClient {
    private func up(_ link: RedisLink, _ greeting: Greeting) {
        self.link = link
        link.onReply = { [weak self] reply in self?.received(reply) }
        link.onClosed = { [weak self] error in self?.down(error) }
        counters.connections += 1
        let previous = identity
        identity = greeting.identity
        if let policy = greeting.evictionPolicy, policy != "noeviction" {
            onWarning("Redis's maxmemory-policy is \(policy), not noeviction: it may drop what must not go")
        }
        if let previous, previous != greeting.identity { onServerChange(previous, greeting.identity) }
        scheduleProbe()
        for observer in observers { observer(true) }
    }

    private func down(_ error: RedisError) {
        let wasUp = link != nil
        link = nil
        lastFailure = error
        probeTimer?.cancel()
        abandon()
        resumeDrained()
        keeper.lost()
        if wasUp { for observer in observers { observer(false) } }
    }

    /// Nothing on its way will be answered any more.
    private func abandon() {
        deadlineTimer?.timer.cancel()
        deadlineTimer = nil
        for command in pending.removeAll() { command.completion?(.failure(.connectionLost)) }
    }

    private func scheduleProbe() {
        probeTimer = timing.after(configuration.probeInterval) { [weak self] in self?.probe() }
    }

    /// Finds a connection that has fallen silent, with or without commands under way: an idle one is asked first.
    private func probe() {
        guard let link else { return }
        let now = timing.now
        let silence = now - link.lastReceived
        if let oldest = pending[pending.first] {
            if silence >= configuration.silenceLimit, now - oldest.sent >= configuration.silenceLimit {
                counters.replacements += 1
                return link.fail(.timedOut)
            }
        } else if silence >= configuration.probeInterval {
            send(["PING"])
        }
        scheduleProbe()
    }
}
