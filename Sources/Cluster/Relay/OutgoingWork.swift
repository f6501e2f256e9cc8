import EventLoop

/// A client's request or upgrade on its way to the session's owner. Ends once, by the owner's answer or a refusal.
@Loop protocol OutgoingWork: AnyObject {
    /// The owner lives.
    func begin(at peer: Peer)
    /// The owner does not live.
    func refuse()
    /// Too much is under way.
    func refuseOverload()
}
