import CLibuv
import Glibc

/// The machine's clocks and the loop's timers.
///
/// `now` reads the clock each time (nanoseconds; it is not the loop's cached time). A waiting loop wakes at the first
/// whole millisecond at or after the earliest deadline; a busy one fires what is due once a turn.
@Loop
public final class SystemTiming: Timing {
    nonisolated public static let shared = SystemTiming()

    nonisolated private init() {}

    public var now: LoopTime { LoopTime(nanoseconds: uv_hrtime()) }

    public var wallMilliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    @discardableResult
    public func after(_ delay: Duration, _ action: @escaping @Loop () -> Void) -> ScheduledTimer {
        LoopCore.shared.timers.schedule(at: now + max(delay, .zero), action)
    }
}
