/// Whether a driver can be asked, and when they count as lost (contract, Matching).
public struct DriverStanding: Hashable, Sendable {
    public var isAvailable: Bool
    /// Assigned orders; open offers do not count.
    public var load: Int
    public var capacity: Int
    /// A socket of theirs is open on some node that lives.
    public var hasOpenSocket: Bool
    /// The latest stamp of an open socket or position; nil when there never was one.
    public var lastSign: TimeStamp?

    public init(isAvailable: Bool, load: Int, capacity: Int, hasOpenSocket: Bool, lastSign: TimeStamp?) {
        self.isAvailable = isAvailable
        self.load = load
        self.capacity = capacity
        self.hasOpenSocket = hasOpenSocket
        self.lastSign = lastSign
    }

    /// An open socket, or a sign of life within `DRIVER_SILENT_SECONDS`.
    public func isAlive(at now: TimeStamp, settings: DriverSettings) -> Bool {
        if hasOpenSocket { return true }
        guard let lastSign else { return false }
        return now.seconds(since: lastSign) <= settings.silentSeconds
    }

    /// Available, alive, and with room for one more order.
    public func isFree(at now: TimeStamp, settings: DriverSettings) -> Bool {
        isAvailable && load < capacity && isAlive(at: now, settings: settings)
    }

    /// Smallest and largest capacity a driver may set.
    public static let capacities = 1...10
}
