import Domain
import EventLoop
import Wire

/// One person in the play: an account, its socket, and what arrived there.
@Loop
final class Party {
    let account: Account
    let socket: LiveSocket
    private(set) var log = ArrivalLog()
    /// Pushes that were no order events though named so.
    private(set) var malformed = 0

    var onOrderEvent: (@Loop (OrderEvent) -> Void)?
    var onOther: (@Loop (String, JSONValue) -> Void)?

    init(account: Account, door: Door) {
        self.account = account
        socket = LiveSocket(door: door, account: account)
        socket.resumption = { [weak self] in self?.log.resumption ?? [] }
        socket.onEvent = { [weak self] name, payload in self?.receive(name, payload) }
    }

    var audience: Audience { account.role == .driver ? .driver(account.id) : .everything }

    func know(_ orderID: String) { log.know(orderID) }

    private func receive(_ name: String, _ payload: JSONValue) {
        guard OrderEvent.names.contains(name) else {
            onOther?(name, payload)
            return
        }
        guard let event = OrderEvent(payload) else {
            malformed += 1
            return
        }
        log.note(event)
        onOrderEvent?(event)
    }
}
