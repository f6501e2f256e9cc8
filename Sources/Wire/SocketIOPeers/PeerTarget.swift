/// Who is meant: the sockets of any of `rooms` (none: all of the namespace) that are in none of `except`.
public struct PeerTarget: Equatable, Sendable {
    public var rooms: [String]
    public var except: [String]

    public init(rooms: [String] = [], except: [String] = []) {
        self.rooms = rooms
        self.except = except
    }
}
