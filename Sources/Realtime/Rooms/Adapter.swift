public import EventLoop

/// Carries broadcasts and room operations. The rooms' members of this node are kept by each `Namespace`; an adapter
/// over many nodes adds the others: it publishes what it is given, hands what it receives to the namespace's `deliver…`
/// functions, and follows only rooms that have members here.
///
/// One adapter serves all namespaces of a server. No call may wait or throw: an adapter that has lost its link still
/// delivers locally.
@Loop public protocol Adapter: AnyObject {
    /// Before any socket can join.
    func opened(_ namespace: Namespace)
    /// The room has its first member here.
    func roomOpened(_ room: String, in namespace: Namespace)
    /// The room's last member here has left.
    func roomClosed(_ room: String, in namespace: Namespace)
    /// Returns when broadcasts of every other node to this room reach this node, or throws after a bounded time.
    func confirm(_ room: String, in namespace: Namespace) async throws(AdapterError)

    /// Delivers here and, unless `.local`, on every other node.
    func broadcast(_ packet: BroadcastPacket, in namespace: Namespace)
    func join(_ target: BroadcastTarget, rooms: [String], in namespace: Namespace)
    func leave(_ target: BroadcastTarget, rooms: [String], in namespace: Namespace)
    func disconnect(_ target: BroadcastTarget, close: Bool, in namespace: Namespace)
    /// What every node that answered has, and who did not answer.
    func fetchSockets(_ target: BroadcastTarget, in namespace: Namespace) async -> FetchedSockets
    /// To the other nodes' `Namespace.onServerSideEmit`, not to this one's.
    func serverSideEmit(_ event: String, json: [UInt8], in namespace: Namespace)
}

public enum AdapterError: Error, Sendable {
    /// The link to the other nodes is down, or did not confirm in time.
    case unavailable
}

/// A socket as other nodes see it.
public struct SocketDescription: Sendable {
    public let id: String
    public let rooms: [String]
    public let remoteAddress: String

    public init(id: String, rooms: [String], remoteAddress: String) {
        self.id = id
        self.rooms = rooms
        self.remoteAddress = remoteAddress
    }
}

public struct FetchedSockets: Sendable {
    public var sockets: [SocketDescription]
    /// Names of the nodes that did not answer.
    public var missingNodes: [String]

    public init(sockets: [SocketDescription], missingNodes: [String] = []) {
        self.sockets = sockets
        self.missingNodes = missingNodes
    }
}
