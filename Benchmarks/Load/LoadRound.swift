import EventLoop

/// One timed round of a load that always keeps a number of operations under way: each that ends makes way for the next,
/// until the time is up and the last has ended.
@Loop
final class LoadRound {
    private var underWay = 0
    private var isOver = true
    private var done: CheckedContinuation<Void, Never>?

    /// Starts `flight` operations and returns when the last has ended: the seconds that took.
    func run(_ length: Duration, flight: Int, start: @Loop () -> Void) async -> Double {
        isOver = false
        underWay = flight
        let began = SystemTiming.shared.now
        SystemTiming.shared.after(length) { self.isOver = true }
        start()
        await withCheckedContinuation { done = $0 }
        return (SystemTiming.shared.now - began) / .seconds(1)
    }

    /// An operation has ended. Whether the caller starts the next.
    func goesOn() -> Bool {
        guard isOver else { return true }
        underWay -= 1
        if underWay == 0 {
            done?.resume()
            done = nil
        }
        return false
    }
}
