public import EventLoop
public import Store

/// What is done right after a commit, by whoever made it: publishing, and the work that the change makes possible. Only
/// sooner: everything that must happen is a row with a due time, and is found by the sweeps when this is lost.
@Loop
public protocol AfterCommit: AnyObject {
    /// Publishes what a change brought about, and takes up the work that it made due. Never waits.
    func follow(events: [EventRecord], offers: [OfferRecord])
}
