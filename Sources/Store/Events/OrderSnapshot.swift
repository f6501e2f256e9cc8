public import Domain

/// An order and its events past a `seq`, as of one instant: the answer to a subscription.
public struct OrderSnapshot: Sendable {
    public let orderID: UUID16
    /// The `seq` of its last event.
    public let version: Int
    public let status: String
    public let customerID: UUID16
    public let merchantID: UUID16
    public let driverID: UUID16?
    /// The resource.
    public let json: [UInt8]
    /// In order, without a hole; of a driver only those of its own part.
    public let events: [EventRecord]
}
