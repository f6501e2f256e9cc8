public import EventLoop
public import Store

/// Tells every node that an account belongs to a merchant now: its sockets are to hear of that merchant's orders. Only
/// sooner: what is lost here is found in the feed.
@Loop
public protocol MembershipEvents: AnyObject {
    /// Never waits.
    func publish(membership: MerchantMembership)
}
