import EventLoop

/// The day's time, which runs `speed` times as fast as the machine's. It never leaves this process.
@Loop
final class DayClock {
    let speed: Double
    private let firstMinute: Double
    private let origin: LoopTime
    private let timing: any Timing

    init(speed: Double, firstMinute: Double, timing: any Timing) {
        self.speed = speed
        self.firstMinute = firstMinute
        self.timing = timing
        origin = timing.now
    }

    /// Minutes of the day.
    var minute: Double {
        firstMinute + Double((timing.now - origin).wholeNanoseconds) / 60e9 * speed
    }

    func time(of minute: Double) -> LoopTime { origin + .seconds((minute - firstMinute) * 60 / speed) }

    /// Real time that `minutes` of the day take.
    func duration(minutes: Double) -> Duration { .seconds(minutes * 60 / speed) }

    func sleep(until minute: Double) async { try? await timing.sleep(for: time(of: minute) - timing.now) }

    /// `9:05` of the day.
    nonisolated static func text(_ minute: Double) -> String {
        let whole = Int(minute.rounded(.down))
        let rest = whole % 60
        return "\(whole / 60):\(rest < 10 ? "0" : "")\(rest)"
    }
}
