import EventLoop

/// For how long this node has had the database without a gap. Nobody's silence is longer than that: in an outage of ours,
/// or a pause of this node, nobody could be heard.
@Loop
final class StoreWatch {
    /// Between two signs of the database. They come twice a second: some were missed when it is longer.
    static let longestGap: Duration = .seconds(3)

    private let timing: any Timing
    private var since: LoopTime?
    private var lastSign: LoopTime?

    init(timing: any Timing) {
        self.timing = timing
    }

    /// The database answered just now.
    func answered() {
        let now = timing.now
        if let lastSign, now - lastSign > Self.longestGap { since = nil }
        if since == nil { since = now }
        lastSign = now
    }

    /// The database could not be asked.
    func failed() {
        since = nil
        lastSign = nil
    }

    /// 0 while there is none.
    var seconds: Double {
        guard let since, let lastSign, timing.now - lastSign <= Self.longestGap else { return 0 }
        return (timing.now - since) / .seconds(1)
    }
}
