public import Domain

/// One offer's state at a commit, as it is published and pushed to its driver.
public struct OfferRecord: Sendable, Equatable {
    public let offerID: UUID16
    public let orderID: UUID16
    public let driverID: UUID16
    public let transaction: UInt64
    /// `OPEN`, `ACCEPTED`, `REJECTED`, `EXPIRED` or `WITHDRAWN`; OPEN and past its end counts as EXPIRED.
    public let state: String
    /// The payload of `order_offer` while it is open, of `offer_withdrawn` once it was withdrawn or lapsed, with its
    /// reason; empty otherwise (the driver's own answer is no news to it).
    public let json: [UInt8]
    /// The order's version when the offer was made: what a won marker must be newer than to prove it lost. Nil when it
    /// came over a channel that does not carry it.
    public let orderVersion: Int?

    public init(
        offerID: UUID16, orderID: UUID16, driverID: UUID16, transaction: UInt64, state: String, json: [UInt8],
        orderVersion: Int? = nil
    ) {
        self.offerID = offerID
        self.orderID = orderID
        self.driverID = driverID
        self.transaction = transaction
        self.state = state
        self.json = json
        self.orderVersion = orderVersion
    }

    public var isOpen: Bool { state == "OPEN" }
    /// Whether its end is told to the driver as `offer_withdrawn`.
    public var isWithdrawn: Bool { state == "EXPIRED" || state == "WITHDRAWN" }
}
