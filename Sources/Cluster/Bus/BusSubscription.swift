public import EventLoop
import Redis

/// One listener of one channel. Dropping the reference does not cancel it.
@Loop
public final class BusSubscription {
    private let bus: Bus
    /// The channel's name without the bus's prefix.
    public let channel: String
    private let topic: Bus.Topic
    private let id: UInt64
    private var isCancelled = false

    init(bus: Bus, channel: String, topic: Bus.Topic, id: UInt64) {
        self.bus = bus
        self.channel = channel
        self.topic = topic
        self.id = id
    }

    /// Whether Redis sends this channel's messages to this node now.
    public var isConfirmed: Bool { !isCancelled && bus.isConfirmed(topic) }

    /// Returns once Redis has confirmed the channel; at once where it has. Throws `.unavailable` at once while Redis is
    /// away, and when the connection breaks meanwhile, which a missing PONG reveals after two seconds. The subscription
    /// stands in any case.
    public func confirmed() async throws(ClusterError) {
        guard !isCancelled else { throw .cancelled }
        guard !bus.isConfirmed(topic) else { return }
        let outcome = await withCheckedContinuation { continuation in
            bus.whenConfirmed(topic) { continuation.resume(returning: $0) }
        }
        do { try outcome.get() } catch { throw ClusterError(error) }
    }

    /// Ends it at once: the handler is not called any more. A second call does nothing.
    public func cancel() {
        guard !isCancelled else { return }
        isCancelled = true
        bus.cancel(topic, id: id)
    }
}
