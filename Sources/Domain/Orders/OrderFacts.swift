/// What of an order decides whether it may move, beside who asks.
public struct OrderFacts: Hashable, Sendable {
    public var status: OrderStatus
    public var payment: PaymentMethod
    public var fulfilment: Fulfilment
    /// Money has been taken and not given back.
    public var isPaid: Bool

    public init(status: OrderStatus, payment: PaymentMethod, fulfilment: Fulfilment, isPaid: Bool) {
        self.status = status
        self.payment = payment
        self.fulfilment = fulfilment
        self.isPaid = isPaid
    }
}
