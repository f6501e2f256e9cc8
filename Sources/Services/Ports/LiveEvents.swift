public import EventLoop
public import Store

/// Tells the cluster's sockets what was committed. Only sooner: what is lost here is found in the feed.
@Loop
public protocol LiveEvents: AnyObject {
    /// Publishes order events, and offers that opened or ended. Never waits.
    func publish(events: [EventRecord], offers: [OfferRecord])
}
