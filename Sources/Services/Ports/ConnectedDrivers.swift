public import Domain
public import EventLoop

/// Which drivers have a socket open on this node.
@Loop
public protocol ConnectedDrivers: AnyObject {
    /// Their accounts, each once, in any order.
    var connectedDrivers: [UUID16] { get }
}
