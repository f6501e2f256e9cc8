public import EventLoop
public import Redis

/// Channels between nodes, over Redis's pub/sub: opaque messages, at most once, in order per publisher. Those of the house
/// bear a prefix; those of other servers that speak over the same Redis are named as they are.
///
/// A node subscribes only to what its own listeners want, and keeps a channel for a while after the last of them left.
/// Own messages come back through the subscription like those of others; only while Redis cannot carry them those of the
/// house are handed to this node's own listeners directly. So a message may come twice around a break, and may be missing:
/// listeners merge by what is in it, and fill holes when `observe` tells that it is up again.
///
/// Redis stops: nothing fails but `confirmed`; publishing goes on for this node alone. Redis returns: every channel is
/// subscribed again and confirmed before observers are told.
@Loop
public final class Bus {
    /// Of one channel. Runs on the loop, in its turn; may not keep it long.
    public typealias Handler = @Loop (_ message: [UInt8]) -> Void
    /// Of several channels, or of a pattern: it is told which, in full.
    public typealias ChannelHandler = @Loop (_ channel: [UInt8], _ message: [UInt8]) -> Void

    /// In front of every channel's name. Official Socket.IO peers listen on `socket.io…`, which house channels never are.
    public nonisolated static let prefix = "lm:"
    /// A channel stays subscribed so long after its last listener left: a client that reconnects or moves between pages
    /// finds it, and churn costs Redis nothing.
    public static let lingering: Duration = .seconds(30)
    /// Bytes of one message; larger ones are dropped and counted.
    public static let messageLimit = 1_048_576
    /// The same for channels of other servers, whose answers hold every socket of a node.
    public static let foreignMessageLimit = 16 * 1_048_576
    /// Messages handed to own listeners directly in one turn; further ones are dropped and counted.
    public static let directLimit = 10_000
    /// A command that waits so long for its answer means that Redis does not work at present, whatever will come of it.
    /// Far above a slow script or a fork, far below the seconds after which the connection is given up.
    public static let stallLimit: Duration = .milliseconds(250)

    /// Since the start.
    public private(set) var statistics = BusStatistics()

    /// A channel or a pattern in full, and who listens. There is one for each user and room that has a socket here: it is
    /// kept small, and what most have, one listener, without an array.
    @Loop private final class Channel {
        weak var bus: Bus?
        var first: (id: UInt32, handler: ChannelHandler)?
        var others: [(id: UInt32, handler: ChannelHandler)] = []

        init(_ bus: Bus) {
            self.bus = bus
        }

        func add(_ id: UInt32, _ handler: @escaping ChannelHandler) {
            if first == nil, others.isEmpty { first = (id, handler) } else { others.append((id, handler)) }
        }

        func remove(_ id: UInt32) {
            if first?.id == id { first = nil } else { others.removeAll { $0.id == id } }
        }

        var isUnheard: Bool { first == nil && others.isEmpty }

        /// In the order in which they came, those that were there when the message came.
        func deliver(_ channel: [UInt8], _ message: [UInt8]) {
            let (first, others) = (first, others)
            first?.handler(channel, message)
            for listener in others { listener.handler(channel, message) }
        }
    }

    private let client: RedisClient
    private let subscriber: RedisSubscriber
    private let timing: any Timing
    private var channels: [SubscriberTopic: Channel] = [:]
    /// The end of the lingering of those without a listener.
    private var ends: [SubscriberTopic: ScheduledTimer] = [:]
    /// Tells the listeners of one channel apart; 0 is nobody's.
    private var lastID: UInt32 = 0
    private var direct: [(channel: Channel, name: [UInt8], message: [UInt8])] = []
    private var observers: [@Loop (Bool) -> Void] = []

    /// - Parameter client: publishes; started and stopped by its owner. The subscriptions get a connection of their own.
    public init(_ configuration: RedisConfiguration, client: RedisClient, timing: any Timing) {
        self.client = client
        self.timing = timing
        subscriber = RedisSubscriber(configuration, timing: timing)
        subscriber.onBreak = { [weak self] in self?.tell(isUp: false) }
        subscriber.onRestored = { [weak self] in self?.tell(isUp: true) }
    }

    /// Begins to connect. Nothing while it runs already.
    public func start() { subscriber.start() }

    /// Closes the subscriptions' connection. Listeners stay for the next `start`. Before `start` and the second time:
    /// nothing.
    public func stop() async { await subscriber.stop() }

    /// Calls back with each change of the subscriptions. False: they were lost, and what is published from now on, and in the
    /// seconds before, may not arrive. True: every channel is subscribed and confirmed (again), and it is time to fill holes;
    /// also after the first connection. Observers are called in the order in which they came.
    public func observe(_ observer: @escaping @Loop (_ isUp: Bool) -> Void) {
        observers.append(observer)
    }

    private func tell(isUp: Bool) {
        for observer in observers { observer(isUp) }
    }

    /// Every channel was subscribed and confirmed, and no break has been found since.
    public var isSubscribed: Bool { subscriber.isUp }

    /// Messages go to other nodes and come from them. Becomes false a little sooner than observers are told when Redis stops
    /// answering.
    public var isUp: Bool { client.isUp && subscriber.isUp && client.stalled < Self.stallLimit }

    /// Losses of the subscriptions since the start.
    public var breaks: UInt64 { subscriber.breaks }

    /// Channels that are subscribed or to be so, lingering ones too.
    public var channelCount: Int { channels.count }

    /// Sends one message to several channels. All that is published in a turn leaves in one write. Nobody is told
    /// whether it arrived.
    public func publish(_ channels: [String], _ message: [UInt8]) {
        guard message.count <= Self.messageLimit else {
            statistics.dropped += UInt64(channels.count)
            return
        }
        let isWorking = isUp
        for channel in channels {
            let isSent = client.send(["PUBLISH", .text(Self.prefix + channel), .bytes(message)])
            if isSent { statistics.published += 1 }
            if !isSent || !isWorking { deliverDirectly(channel, message) }
        }
    }

    /// Sends one message to a channel of other servers, to be named in full. False when it was not sent: too long, too many
    /// under way, or Redis away. It is not handed to own listeners.
    @discardableResult
    public func publish(foreign channel: String, _ message: [UInt8]) -> Bool {
        guard message.count <= Self.foreignMessageLimit, client.send(["PUBLISH", .text(channel), .bytes(message)])
        else {
            statistics.dropped += 1
            return false
        }
        statistics.published += 1
        return true
    }

    /// Listens to a channel from now on, until the subscription is cancelled. Messages are certain to come, as far as
    /// pub/sub is certain, once `BusSubscription.confirmed` has returned; where the channel is subscribed already it is
    /// confirmed at once. While Redis is away the wish stands, and is fulfilled when it returns.
    ///
    /// - Parameter channel: the name without `prefix`.
    public func subscribe(_ channel: String, _ handler: @escaping Handler) -> BusSubscription {
        listen(SubscriberTopic(Self.prefix + channel)) { _, message in handler(message) }
    }

    /// The same with a handler that many channels share; it is told which, with `prefix`.
    public func subscribe(_ channel: String, _ handler: @escaping ChannelHandler) -> BusSubscription {
        listen(SubscriberTopic(Self.prefix + channel), handler)
    }

    /// The same for a channel of other servers, to be named in full.
    public func subscribe(foreign channel: String, _ handler: @escaping Handler) -> BusSubscription {
        subscribe(foreign: channel) { _, message in handler(message) }
    }

    /// The same with a handler that many channels share; it is told which.
    public func subscribe(foreign channel: String, _ handler: @escaping ChannelHandler) -> BusSubscription {
        listen(SubscriberTopic(channel), handler)
    }

    /// The same for every channel that Redis's pattern fits; the handler is told which.
    public func subscribe(foreignPattern pattern: String, _ handler: @escaping ChannelHandler) -> BusSubscription {
        listen(SubscriberTopic(pattern, isPattern: true), handler)
    }

    private func listen(_ topic: SubscriberTopic, _ handler: @escaping ChannelHandler) -> BusSubscription {
        lastID = lastID == .max ? 1 : lastID + 1
        let subscription = BusSubscription(bus: self, topic: topic, id: lastID)
        if let known = channels[topic] {
            if known.isUnheard { ends.removeValue(forKey: topic)?.cancel() }
            known.add(lastID, handler)
        } else {
            let new = Channel(self)
            new.add(lastID, handler)
            channels[topic] = new
            request(topic, new) { _ in }
        }
        return subscription
    }

    /// How many connections to this Redis follow a channel of other servers, this node's included.
    func followers(of channel: String, timeout: Duration) async throws(RedisError) -> Int {
        let reply = try await client.command(["PUBSUB", "NUMSUB", .text(channel)], timeout: timeout)
        return Int(reply.elements?.last?.int ?? 0)
    }

    func isConfirmed(_ topic: SubscriberTopic) -> Bool { subscriber.isConfirmed(topic) }

    /// Calls back when Redis has confirmed a channel that somebody listens to, or says why not now.
    func whenConfirmed(_ topic: SubscriberTopic, _ confirmed: @escaping @Loop (Result<Void, RedisError>) -> Void) {
        guard let known = channels[topic] else { return confirmed(.failure(.cancelled)) }
        request(topic, known, confirmed)
    }

    /// Asks Redis for the channel, or waits for what was asked already.
    private func request(
        _ topic: SubscriberTopic, _ channel: Channel, _ confirmed: @escaping @Loop (Result<Void, RedisError>) -> Void
    ) {
        subscriber.subscribe(
            topic, handler: { channel.bus?.deliver($1, $0, to: channel) }, confirmed: confirmed)
    }

    func cancel(_ topic: SubscriberTopic, id: UInt32) {
        guard let known = channels[topic] else { return }
        known.remove(id)
        guard known.isUnheard, ends[topic] == nil else { return }
        ends[topic] = timing.after(Self.lingering) { [weak self] in
            self?.ends[topic] = nil
            self?.channels[topic] = nil
            self?.subscriber.unsubscribe(topic)
        }
    }

    private func deliver(_ message: [UInt8], _ channel: [UInt8], to known: Channel) {
        statistics.received += 1
        known.deliver(channel, message)
    }

    /// At the end of the turn, since a publisher does not expect its own listeners to run inside its call.
    private func deliverDirectly(_ channel: String, _ message: [UInt8]) {
        let topic = SubscriberTopic(Self.prefix + channel)
        guard let known = channels[topic] else { return }
        guard direct.count < Self.directLimit else {
            statistics.dropped += 1
            return
        }
        if direct.isEmpty {
            Loop.atTurnEnd { [weak self] in
                guard let self else { return }
                let due = direct
                direct = []
                for (channel, name, message) in due { deliver(message, name, to: channel) }
            }
        }
        direct.append((known, topic.name, message))
    }
}
