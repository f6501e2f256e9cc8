public import Domain
public import EventLoop

/// Tells sockets, on any node, what is only of interest now: dropped where it cannot be sent at once, never repeated.
@Loop
public protocol VolatileEvents: AnyObject {
    /// - Parameters:
    ///   - event: the Socket.IO event's name.
    ///   - json: its payload.
    ///   - accounts: whose sockets get it.
    ///   - merchants: the members of these get it too.
    func publishVolatile(event: String, json: [UInt8], accounts: [UUID16], merchants: [UUID16])
}
