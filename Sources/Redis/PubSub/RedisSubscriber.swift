public import EventLoop

/// Subscriptions on a connection of their own. What is wanted stays wanted: after a break everything is subscribed
/// again, and `onRestored` comes once Redis has confirmed each. Between `onBreak` and `onRestored` messages are lost.
@Loop
public final class RedisSubscriber {
    public typealias Handler = @Loop (_ channel: [UInt8], _ message: [UInt8]) -> Void

    /// Connected, and every channel that was wanted at the last (re)connection is confirmed.
    public private(set) var isUp = false
    /// Once for each loss, also one found by a missing PONG. Messages from the last few seconds may be missing.
    public var onBreak: @Loop () -> Void = {}
    /// Each time `isUp` becomes true, the first time too.
    public var onRestored: @Loop () -> Void = {}
    /// Messages received since the start.
    public private(set) var messages: UInt64 = 0
    /// Losses since the start.
    public private(set) var breaks: UInt64 = 0
    /// Why the connection broke last, or could not be made.
    public private(set) var lastFailure: RedisError?

    /// Channels in one SUBSCRIBE when all are subscribed again: bounds the size of one command.
    private static let batch = 512

    /// There is one for each user and room that has a socket here: it is kept small.
    private struct Wanted {
        let handler: Handler
        /// Tells this wish from an earlier one for the same topic whose confirmation may still be on its way, of which
        /// there are never 2³² at once.
        let generation: UInt32
        var isConfirmed = false
    }

    private typealias Waiter = (Result<Void, RedisError>) -> Void

    /// One confirmation that Redis owes. They come in the order of the commands.
    private struct Owed {
        let kind: [UInt8]
        let topic: SubscriberTopic
        let generation: UInt32
        let isRestoring: Bool
    }

    private let configuration: RedisConfiguration
    private let timing: any Timing
    private let keeper: LinkKeeper
    private var link: RedisLink?
    private var wanted: [SubscriberTopic: Wanted] = [:]
    /// Who waits for a confirmation of what is wanted.
    private var waiting: [SubscriberTopic: [Waiter]] = [:]
    private var owed = Ring<Owed>()
    /// Confirmations still to come before `isUp`.
    private var restoring = 0
    private var generation: UInt32 = 0
    /// The next PING, or the end of patience with the last one.
    private var liveness: ScheduledTimer?

    public init(_ configuration: RedisConfiguration, timing: any Timing) {
        self.configuration = configuration
        self.timing = timing
        keeper = LinkKeeper(configuration, timing: timing)
        keeper.onUp = { [weak self] link, _ in self?.connected(link) }
        keeper.onFailure = { [weak self] error in self?.lastFailure = error }
    }

    /// Begins to connect, and returns at once. Nothing while it runs already.
    public func start() { keeper.start() }

    /// Closes; who waits for a confirmation gets `.unavailable`, and what is wanted stays so for the next `start`.
    /// Before `start` and the second time: nothing.
    public func stop() async {
        keeper.stop()
        link?.close()
        disconnected()
    }

    /// Channels and patterns that are wanted.
    public var count: Int { wanted.count }
}

// MARK: Wishes

extension RedisSubscriber {
    /// Subscribes and returns once Redis has confirmed it. Throws `.unavailable` at once while there is no connection,
    /// and `.connectionLost` on a break; **the wish stands all the same**, and is fulfilled after the next connection,
    /// until `unsubscribe`. A second call for the same channel replaces the handler.
    public func subscribe(_ channel: String, _ handler: @escaping Handler) async throws(RedisError) {
        try await confirmation(of: SubscriberTopic(channel, isPattern: false), handler)
    }

    /// The same for a pattern (`*`, `?`, `[…]`); the handler is told the channel.
    public func psubscribe(_ pattern: String, _ handler: @escaping Handler) async throws(RedisError) {
        try await confirmation(of: SubscriberTopic(pattern, isPattern: true), handler)
    }

    /// `subscribe` for callers without a task: `confirmed` is called exactly once, at once where the channel is
    /// confirmed already or nothing can be confirmed now.
    public func subscribe(
        _ channel: String, handler: @escaping Handler, confirmed: @escaping @Loop (Result<Void, RedisError>) -> Void
    ) {
        want(SubscriberTopic(channel, isPattern: false), handler, confirmed)
    }

    /// The same for any topic.
    public func subscribe(
        _ topic: SubscriberTopic, handler: @escaping Handler,
        confirmed: @escaping @Loop (Result<Void, RedisError>) -> Void
    ) {
        want(topic, handler, confirmed)
    }

    /// Ends the wish at once: the handler is not called any more. Nothing when the topic is not wanted.
    public func unsubscribe(_ topic: SubscriberTopic) { drop(topic) }

    /// The same for a channel.
    public func unsubscribe(_ channel: String) { drop(SubscriberTopic(channel)) }

    /// Whether messages of this topic come now.
    public func isConfirmed(_ topic: SubscriberTopic) -> Bool { wanted[topic]?.isConfirmed ?? false }

    /// Whether messages of this channel come now.
    public func isConfirmed(_ channel: String) -> Bool { isConfirmed(SubscriberTopic(channel)) }

    private func confirmation(of topic: SubscriberTopic, _ handler: @escaping Handler) async throws(RedisError) {
        let outcome = await withCheckedContinuation { continuation in
            want(topic, handler) { continuation.resume(returning: $0) }
        }
        try outcome.get()
    }

    private func want(
        _ topic: SubscriberTopic, _ handler: @escaping Handler,
        _ confirmed: @escaping (Result<Void, RedisError>) -> Void
    ) {
        if let known = wanted[topic] {
            wanted[topic] = Wanted(
                handler: handler, generation: known.generation, isConfirmed: known.isConfirmed)
            if known.isConfirmed || link == nil {
                confirmed(known.isConfirmed ? .success(()) : .failure(.unavailable))
            } else {
                waiting[topic, default: []].append(confirmed)
            }
            return
        }
        guard wanted.count < configuration.channelLimit else { return confirmed(.failure(.overloaded)) }
        generation &+= 1
        let wish = Wanted(handler: handler, generation: generation)
        wanted[topic] = wish
        guard let link else { return confirmed(.failure(.unavailable)) }
        waiting[topic] = [confirmed]
        link.send([.bytes(topic.subscribe), .bytes(topic.name)])
        owe(topic.subscribe, topic, wish.generation)
    }

    private func drop(_ topic: SubscriberTopic) {
        guard let wish = wanted.removeValue(forKey: topic) else { return }
        if let link {
            link.send([.bytes(topic.unsubscribe), .bytes(topic.name)])
            owe(topic.unsubscribe, topic, wish.generation)
        }
        tell(waiting.removeValue(forKey: topic), .failure(.cancelled))
    }

    private func tell(_ waiters: [Waiter]?, _ outcome: Result<Void, RedisError>) {
        for waiter in waiters ?? [] { waiter(outcome) }
    }

    private func owe(
        _ kind: [UInt8], _ topic: SubscriberTopic, _ generation: UInt32, isRestoring: Bool = false
    ) {
        _ = owed.append(Owed(kind: kind, topic: topic, generation: generation, isRestoring: isRestoring))
    }
}

// MARK: What comes

extension RedisSubscriber {
    private func received(_ reply: RedisReply) {
        guard let parts = reply.elements else { return receivedPlain(reply) }
        guard let kind = parts.first?.bytes, parts.count > 1 else { return fail("an empty push") }
        if kind == SubscriberTopic.message, parts.count == 3 {
            if let channel = parts[1].bytes, let message = parts[2].bytes {
                deliver(SubscriberTopic(name: channel, isPattern: false), channel, message)
            }
        } else if kind == SubscriberTopic.patternMessage, parts.count == 4 {
            if let pattern = parts[1].bytes, let channel = parts[2].bytes, let message = parts[3].bytes {
                deliver(SubscriberTopic(name: pattern, isPattern: true), channel, message)
            }
        } else if kind == SubscriberTopic.pong {
            ponged()
        } else {
            confirmed(kind, parts[1].bytes)
        }
    }

    /// Before the first SUBSCRIBE a PONG is a plain status; an error answers a SUBSCRIBE that Redis refuses, and then
    /// nothing that is owed can be relied on.
    private func receivedPlain(_ reply: RedisReply) {
        if case .error(let code, let message) = reply {
            link?.fail(.server(code: code, message: message))
        } else {
            ponged()
        }
    }

    private func deliver(_ topic: SubscriberTopic, _ channel: [UInt8], _ message: [UInt8]) {
        messages += 1
        wanted[topic]?.handler(channel, message)
    }

    private func confirmed(_ kind: [UInt8], _ name: [UInt8]?) {
        guard let due = owed.popFirst(), due.kind == kind, due.topic.name == name else {
            return fail("a confirmation out of order")
        }
        if kind == due.topic.subscribe, wanted[due.topic]?.generation == due.generation {
            wanted[due.topic]?.isConfirmed = true
            tell(waiting.removeValue(forKey: due.topic), .success(()))
        }
        if due.isRestoring {
            restoring -= 1
            if restoring == 0, link != nil { restored() }
        }
    }

    private func fail(_ what: String) { link?.fail(.protocolViolation(what)) }
}

// MARK: The connection

extension RedisSubscriber {
    private func connected(_ link: RedisLink) {
        self.link = link
        link.onReply = { [weak self] reply in self?.received(reply) }
        link.onClosed = { [weak self] error in
            guard let self else { return }
            self.lastFailure = error
            self.disconnected()
            self.keeper.lost()
        }
        for isPattern in [false, true] {
            let topics = wanted.keys.filter { $0.isPattern == isPattern }
            for start in stride(from: 0, to: topics.count, by: Self.batch) {
                subscribeAgain(topics[start..<min(start + Self.batch, topics.count)], on: link)
            }
        }
        ping()
        if restoring == 0 { restored() }
    }

    private func subscribeAgain(_ topics: ArraySlice<SubscriberTopic>, on link: RedisLink) {
        guard let first = topics.first else { return }
        link.send([.bytes(first.subscribe)] + topics.map { .bytes($0.name) })
        for topic in topics {
            owe(topic.subscribe, topic, wanted[topic]?.generation ?? 0, isRestoring: true)
        }
        restoring += topics.count
    }

    private func restored() {
        isUp = true
        onRestored()
    }

    private func disconnected() {
        liveness?.cancel()
        liveness = nil
        link = nil
        restoring = 0
        _ = owed.removeAll()
        for topic in Array(wanted.keys) { wanted[topic]?.isConfirmed = false }
        let unanswered = waiting
        waiting = [:]
        let wasUp = isUp
        isUp = false
        if wasUp {
            breaks += 1
            onBreak()
        }
        for waiters in unanswered.values { tell(waiters, .failure(.connectionLost)) }
    }

    private func ping() {
        link?.send(["PING"])
        liveness = timing.after(configuration.subscriberPongTimeout) { [weak self] in
            self?.link?.fail(.timedOut)
        }
    }

    private func ponged() {
        liveness?.cancel()
        liveness = timing.after(configuration.subscriberPingInterval) { [weak self] in self?.ping() }
    }
}
