public import EventLoop

/// Time in which this process ran. While it is paused no heartbeat fails, so that what clients have confirmed by living on
/// must not be judged by a clock that goes on.
@Loop public struct AwakeTime {
    /// How often `beat` is to be called.
    public nonisolated static let interval: Duration = .seconds(1)

    public private(set) var now: LoopTime
    private var last: LoopTime

    public init(_ now: LoopTime) {
        self.now = now
        last = now
    }

    /// Passes no more than a late timer of a process that runs explains.
    public mutating func beat(at time: LoopTime) {
        now = now + min(time - last, Self.interval * 2)
        last = time
    }
}
