/// Which of the positions a message brings becomes the driver's.
public enum PositionIntake {
    /// The newest of a batch, its time cut to now; nil when all are older than the newest known.
    ///
    /// A position without a time is of now. Of several with the same time the last sent is taken; one of the time
    /// already known is taken too, so that a device whose clock stands still is not lost.
    ///
    /// - Parameters:
    ///   - points: one message's, in any order.
    ///   - known: the time of the newest position known; nil when there is none.
    public static func newest(
        of points: [PositionReport], now: TimeStamp, known: TimeStamp?
    ) -> (report: PositionReport, at: TimeStamp)? {
        var newest: (report: PositionReport, at: TimeStamp)?
        for point in points {
            let at = (point.at ?? now).clamped(to: now)
            if let known, at < known { continue }
            if let newest, at < newest.at { continue }
            newest = (point, at)
        }
        return newest
    }
}
