public import EventLoop
public import Store

/// Tells every node that a session ended, or that an account was locked or given another role. Only sooner: what is lost
/// here is found in the feed.
@Loop
public protocol AccessEvents: AnyObject {
    /// Never waits.
    func publish(access: AccessChange)
}
