import EventLoop

/// The members that a room has on this node. Members sit in an array for the sake of the broadcast; each knows its
/// place, so that leaving moves one other member and searches nothing but that one's own list.
@Loop final class Room {
    let name: String
    private(set) var members: [Socket] = []

    init(name: String) {
        self.name = name
    }

    func add(_ socket: Socket) {
        socket.memberships.append(Membership(room: self, index: members.count))
        members.append(socket)
    }

    /// `place` is the index in the socket's own list.
    func remove(_ socket: Socket, place: Int) {
        let index = socket.memberships[place].index
        let last = members.removeLast()
        if last !== socket {
            members[index] = last
            if let own = last.memberships.firstIndex(where: { $0.room === self }) {
                last.memberships[own].index = index
            }
        }
        socket.memberships.remove(at: place)
    }
}

struct Membership {
    let room: Room
    var index: Int
}
