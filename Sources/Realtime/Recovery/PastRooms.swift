/// Rooms that a session has left, and what of theirs was its: a client that had not got all of it when its connection broke
/// gets it yet.
public struct PastRooms: Sendable, Equatable {
    public struct Stay: Sendable, Equatable {
        public let room: String
        /// The numbers above `since` and up to `until`.
        public let since: UInt64
        public let until: UInt64

        public init(room: String, since: UInt64, until: UInt64) {
            self.room = room
            self.since = since
            self.until = until
        }
    }

    /// More than a client goes through while it is away from its keyboard; what a record in a cluster's log costs is bounded.
    static let limit = 16

    /// Oldest first.
    public private(set) var stays: [Stay]
    /// Nobody can recover from before here: which rooms were the session's then is forgotten.
    public private(set) var floor: UInt64

    public init(stays: [Stay] = [], floor: UInt64 = 0) {
        self.stays = stays
        self.floor = floor
    }

    mutating func add(_ stay: Stay) {
        if stays.count >= Self.limit { floor = max(floor, stays.removeFirst().until) }
        stays.append(stay)
    }

    func had(_ room: String, at number: UInt64) -> Bool {
        stays.contains { $0.room == room && number > $0.since && number <= $0.until }
    }
}
