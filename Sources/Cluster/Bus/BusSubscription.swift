public import EventLoop
import Redis

/// One listener of one channel. Dropping the reference does not cancel it.
@Loop
public final class BusSubscription {
    private let bus: Bus
    private let topic: SubscriberTopic
    /// 0: cancelled.
    private var id: UInt32

    init(bus: Bus, topic: SubscriberTopic, id: UInt32) {
        self.bus = bus
        self.topic = topic
        self.id = id
    }

    /// The channel's or the pattern's name without the bus's prefix.
    public var channel: String {
        let name = String(decoding: topic.name, as: UTF8.self)
        return name.hasPrefix(Bus.prefix) ? String(name.dropFirst(Bus.prefix.count)) : name
    }

    /// Whether Redis sends this channel's messages to this node now.
    public var isConfirmed: Bool { id != 0 && bus.isConfirmed(topic) }

    /// Returns once Redis has confirmed the channel; at once where it has. Throws `.unavailable` at once while Redis is
    /// away, and when the connection breaks meanwhile, which a missing PONG reveals after two seconds. The subscription
    /// stands in any case.
    public func confirmed() async throws(ClusterError) {
        guard id != 0 else { throw .cancelled }
        guard !bus.isConfirmed(topic) else { return }
        let outcome = await withCheckedContinuation { continuation in
            bus.whenConfirmed(topic) { continuation.resume(returning: $0) }
        }
        do { try outcome.get() } catch { throw ClusterError(error) }
    }

    /// Ends it at once: the handler is not called any more. A second call does nothing.
    public func cancel() {
        guard id != 0 else { return }
        bus.cancel(topic, id: id)
        id = 0
    }
}
