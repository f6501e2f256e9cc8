/// Where loop code takes its time from, so that tests can bring their own.
@Loop
public protocol Timing: AnyObject {
    /// Monotonic.
    var now: LoopTime { get }
    /// Unix time in milliseconds; may jump when the machine's clock is set.
    var wallMilliseconds: Int64 { get }
    /// Runs `action` once, `delay` from now: never early. A delay of zero or less means
    /// at once after the current call, without a wait.
    @discardableResult
    func after(_ delay: Duration, _ action: @escaping @Loop () -> Void) -> ScheduledTimer
}
