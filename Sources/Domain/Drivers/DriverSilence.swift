/// Since when a driver has been silent. An outage of ours is not a driver's silence, so it runs from the latest of
/// what could have been heard.
public struct DriverSilence: Hashable, Sendable {
    public let since: TimeStamp

    /// - Parameters:
    ///   - lastSign: the latest stamp of an open socket or position; nil when there never was one.
    ///   - nodeChange: the death or return of the node the driver was last connected to.
    ///   - storeReachableSince: the moment since which whoever asks has had the database without a gap.
    public init(lastSign: TimeStamp?, nodeChange: TimeStamp?, storeReachableSince: TimeStamp) {
        since = max(storeReachableSince, max(lastSign ?? storeReachableSince, nodeChange ?? storeReachableSince))
    }

    /// When the driver counts as lost if nothing more is heard: the `wake_at` of an order that waits for pickup.
    public func lostAt(_ settings: DriverSettings) -> TimeStamp {
        since.advanced(bySeconds: settings.lostSeconds)
    }

    public func isLost(at now: TimeStamp, settings: DriverSettings) -> Bool { now >= lostAt(settings) }
}
