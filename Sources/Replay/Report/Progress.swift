import EventLoop
import Glibc

/// The live line on standard error: rewritten in place on a terminal, a line every few seconds elsewhere.
@Loop
final class Progress {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var last: LoopTime?
    private var isLineOpen = false

    /// Real time between two lines.
    private var interval: Duration { isTerminal ? .milliseconds(200) : .seconds(5) }

    /// A line that stays.
    func note(_ text: String) {
        finish()
        Console.error(text + "\n")
    }

    /// A line that the next one replaces.
    func show(_ text: String) {
        let now = SystemTiming.shared.now
        if let last, now - last < interval { return }
        last = now
        if isTerminal {
            Console.error("\r\u{1B}[K" + text)
            isLineOpen = true
        } else {
            Console.error(text + "\n")
        }
    }

    func finish() {
        guard isLineOpen else { return }
        Console.error("\r\u{1B}[K")
        isLineOpen = false
    }

    func update(_ stage: Stage, _ couriers: [CourierPlay]) {
        let orders = stage.orders
        let placed = orders.count { $0.id != nil }
        let delivered = orders.count { $0.end == .delivered }
        let ended = orders.count { $0.end != nil }
        let events = stage.cast.everybody.reduce(0) { $0 + $1.log.count }
        let losses = stage.cast.everybody.reduce(0) { $0 + $1.socket.losses }
        var text = "\(DayClock.text(stage.clock.minute))  placed \(placed)/\(orders.count)  open \(placed - ended)"
        text += "  delivered \(delivered)  on duty \(couriers.count(where: \.isOnDuty))  events \(events)"
        if losses > 0 { text += "  reconnected \(losses)" }
        if stage.api.retries > 0 { text += "  retried \(stage.api.retries)" }
        if !stage.failures.isEmpty { text += "  failed \(stage.failures.count)" }
        show(text)
    }
}
