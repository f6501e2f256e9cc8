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
    /// Nobody is in it any more, and nobody will be: it was one of a pattern's.
    func closed(_ namespace: Namespace)
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

    // What follows an adapter of one node need not have.

    /// Whether broadcasts of every other node to the whole namespace reach this node.
    func isConfirmed(_ namespace: Namespace) -> Bool
    /// Returns when they do, or throws after a bounded time.
    func confirm(_ namespace: Namespace) async throws(AdapterError)
    /// As `broadcast`, asking each client for an acknowledgement; returns when all have come, or after `timeout`.
    func broadcast(
        _ packet: BroadcastPacket, acknowledgedWithin timeout: Duration, in namespace: Namespace
    ) async -> BroadcastAnswers
    /// Ids of the sockets in any of the rooms (none: all).
    func socketIDs(_ rooms: [String], in namespace: Namespace) async -> GatheredAnswers<String>
    /// The rooms of all nodes, each once.
    func allRooms(in namespace: Namespace) async -> GatheredAnswers<String>
    /// Raw JSON of one value from each other node.
    func serverSideRequest(
        _ event: String, json: [UInt8], within timeout: Duration, in namespace: Namespace
    ) async -> GatheredAnswers<[UInt8]>
}

extension Adapter {
    public func isConfirmed(_ namespace: Namespace) -> Bool { true }

    public func confirm(_ namespace: Namespace) async throws(AdapterError) {}

    public func broadcast(
        _ packet: BroadcastPacket, acknowledgedWithin timeout: Duration, in namespace: Namespace
    ) async -> BroadcastAnswers {
        await withCheckedContinuation { continuation in
            var result = BroadcastAnswers()
            var waiting = 0
            var isAsked = false
            let settle = { if isAsked, waiting == 0 { continuation.resume(returning: result) } }
            result.clients = namespace.deliver(packet, within: timeout) { answer in
                if case .success(let answer) = answer { result.answers.append(answer.first) }
                waiting -= 1
                settle()
            }
            // A socket may end while it is written to, before the number is known.
            waiting += result.clients
            isAsked = true
            settle()
        }
    }

    public func socketIDs(_ rooms: [String], in namespace: Namespace) async -> GatheredAnswers<String> {
        GatheredAnswers(values: namespace.socketIDs(in: rooms))
    }

    public func allRooms(in namespace: Namespace) async -> GatheredAnswers<String> {
        GatheredAnswers(values: namespace.roomsWithIDs)
    }

    public func serverSideRequest(
        _ event: String, json: [UInt8], within timeout: Duration, in namespace: Namespace
    ) async -> GatheredAnswers<[UInt8]> {
        GatheredAnswers()
    }
}

/// Why an adapter could not promise something; nothing else it does fails.
public enum AdapterError: Error, Sendable {
    /// The link to the other nodes is down, or did not confirm in time.
    case unavailable
}

/// A socket as other nodes see it.
public struct SocketDescription: Sendable {
    public let id: String
    public let rooms: [String]
    public let remoteAddress: String
    /// Raw JSON: `{headers, time, address, xdomain, secure, issued, url, query, auth}`.
    public let handshake: [UInt8]
    /// Raw JSON of what the application shows of its state; see `Namespace.describeData`.
    public let data: [UInt8]

    public init(
        id: String, rooms: [String], remoteAddress: String, handshake: [UInt8] = Array("{}".utf8),
        data: [UInt8] = Array("{}".utf8)
    ) {
        self.id = id
        self.rooms = rooms
        self.remoteAddress = remoteAddress
        self.handshake = handshake
        self.data = data
    }
}

/// Sockets of many nodes, and whose are missing.
public struct FetchedSockets: Sendable {
    public var sockets: [SocketDescription]
    /// Names of the nodes that did not answer.
    public var missingNodes: [String]
    /// How many other servers, which have no names, did not answer.
    public var missingPeers: Int

    public init(sockets: [SocketDescription], missingNodes: [String] = [], missingPeers: Int = 0) {
        self.sockets = sockets
        self.missingNodes = missingNodes
        self.missingPeers = missingPeers
    }
}
