public import EventLoop

/// What lets a client take up its socket again: who it was, where it was, and from where on it may have missed something.
@Loop public final class RecoverySession {
    /// Secret: whoever knows it can take the session over.
    public let pid: String
    public let socketID: String
    public let namespace: String
    /// The log's when the session began; what another epoch has is not this session's.
    public let epoch: String
    /// All up to here was before the session.
    public let start: UInt64
    /// Rooms by name, without the one that bears the socket's id; the number says since when.
    public internal(set) var rooms: [String: UInt64]
    public private(set) var past: PastRooms
    /// All up to here has been given to the client, or needs not be.
    public internal(set) var delivered: UInt64
    /// The socket that has the session now, on this node.
    public internal(set) weak var socket: Socket?
    /// Something was lost that nobody can replay. Nothing brings the session back.
    public internal(set) var isLost = false
    /// What was broadcast while the session is being recovered; nil when it is live.
    var held: HeldFrames?

    public init(
        pid: String, socketID: String, namespace: String, epoch: String, start: UInt64, rooms: [String: UInt64],
        past: PastRooms = PastRooms(), delivered: UInt64
    ) {
        self.pid = pid
        self.socketID = socketID
        self.namespace = namespace
        self.epoch = epoch
        self.start = start
        self.rooms = rooms
        self.past = past
        self.delivered = delivered
    }

    /// Whether the connection that the session is for still stands.
    public var isConnected: Bool { socket?.connection?.session.isOpen ?? false }

    /// A new session of a socket that is about to be connected.
    init(_ socket: Socket, at position: RecoveryOffset) {
        pid = Identifier.random(Self.pidLength)
        socketID = socket.id
        namespace = socket.namespace.name
        epoch = position.epoch
        start = position.number
        rooms = [:]
        past = PastRooms()
        delivered = position.number
        self.socket = socket
        for membership in socket.memberships { rooms[membership.room.name] = position.number }
    }

    /// For logs that know better since when than how far this node has come. Nothing where the room has been left.
    public func follow(_ room: String, since number: UInt64) {
        if rooms[room] != nil { rooms[room] = number }
    }

    /// 120 random bits.
    nonisolated static let pidLength = 20

    nonisolated static func isPossible(_ pid: String) -> Bool {
        pid.utf8.count == pidLength
            && pid.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// Whether a logged packet was for this session: as a live socket would have got it, with the rooms of then.
    public func concerns(_ logged: LoggedPacket) -> Bool {
        let target = logged.packet.target
        guard !target.except.contains(where: { had($0, at: logged.number) }) else { return false }
        if target.rooms.isEmpty { return logged.number > start }
        return target.rooms.contains { had($0, at: logged.number) }
    }

    private func had(_ room: String, at number: UInt64) -> Bool {
        if room == socketID { return number > start }
        if let since = rooms[room], number > since { return true }
        return past.had(room, at: number)
    }

    /// The room is left. False when it was none of the session's.
    func leave(_ room: String, at position: UInt64) -> Bool {
        guard let since = rooms.removeValue(forKey: room) else { return false }
        // Where nothing has been sent since it was entered, nothing of it can be missing.
        if delivered > since, position > since {
            past.add(PastRooms.Stay(room: room, since: since, until: position))
        }
        return true
    }
}
