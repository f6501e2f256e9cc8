public import Domain

/// One committed order event with its audience as of the commit, as it is published and pushed.
public struct EventRecord: Sendable, Equatable {
    public let orderID: UUID16
    /// The order's version, from 1 without gaps.
    public let seq: Int
    /// The transaction that committed it (`xid8`): decides against a snapshot whether it came before a CONNECT.
    public let transaction: UInt64
    /// `order.created`, `order.accepted`, …
    public let type: String
    /// The order's status after it.
    public let status: String
    /// The event in the contract's shape.
    public let json: [UInt8]
    public let customerID: UUID16
    public let merchantID: UUID16
    /// The driver who has the order after the event.
    public let driverID: UUID16?
    /// The driver from whom the event takes it, be it by delivery, release or cancellation.
    public let previousDriverID: UUID16?
    /// Empty when unknown.
    public let correlationID: String

    public init(
        orderID: UUID16, seq: Int, transaction: UInt64, type: String, status: String, json: [UInt8],
        customerID: UUID16, merchantID: UUID16, driverID: UUID16?, previousDriverID: UUID16?, correlationID: String
    ) {
        self.orderID = orderID
        self.seq = seq
        self.transaction = transaction
        self.type = type
        self.status = status
        self.json = json
        self.customerID = customerID
        self.merchantID = merchantID
        self.driverID = driverID
        self.previousDriverID = previousDriverID
        self.correlationID = correlationID
    }
}
