/// How a broadcast treats its receivers.
public struct BroadcastFlags: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Dropped for a socket that has more waiting than its volatile limit.
    public static let volatile = BroadcastFlags(rawValue: 1)
    /// This node's sockets only.
    public static let local = BroadcastFlags(rawValue: 2)
    /// Sent as it is, where others would be compressed.
    public static let uncompressed = BroadcastFlags(rawValue: 4)
}

/// Who gets a broadcast: the union of `rooms` (none: the whole namespace) without the union of `except`, each socket
/// once. Every socket is in a room named by its id.
public struct BroadcastTarget: Sendable {
    public var rooms: [String]
    public var except: [String]

    public init(rooms: [String] = [], except: [String] = []) {
        self.rooms = rooms
        self.except = except
    }
}

/// One event for many sockets, undecoded: what an adapter passes on to other nodes.
public struct BroadcastPacket: Sendable {
    public var target: BroadcastTarget
    public var flags: BroadcastFlags
    public let event: String
    /// Raw JSON of the arguments, comma separated; refers to attachments by placeholders.
    public let json: [UInt8]
    public let attachments: [[UInt8]]

    public init(
        target: BroadcastTarget, flags: BroadcastFlags = [], event: String, json: [UInt8],
        attachments: [[UInt8]] = []
    ) {
        self.target = target
        self.flags = flags
        self.event = event
        self.json = json
        self.attachments = attachments
    }
}
