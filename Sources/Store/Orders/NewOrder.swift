public import Domain

/// An order to be placed. Prices and names come from the catalogue.
public struct NewOrder: Sendable {
    public struct Item: Sendable {
        public var productID: UUID16
        /// 1–999.
        public var quantity: Int

        public init(productID: UUID16, quantity: Int) {
            self.productID = productID
            self.quantity = quantity
        }
    }

    public var id: UUID16
    public var shortCode: String
    public var customerID: UUID16
    public var merchantID: UUID16
    /// 1–100; a product may come twice.
    public var items: [Item]
    public var dropoff: Coordinate
    public var dropoffAddress: String?
    public var dropoffNote: String?
    /// JSON.
    public var dropoffContact: [UInt8]?
    public var payment: PaymentMethod
    public var fulfilment: Fulfilment
    public var externalID: String?
    /// A JSON object; nil: empty.
    public var metadata: [UInt8]?
    public var correlationID: String
    /// The path that the answer's `Location` names.
    public var location: String
    public var idempotency: IdempotencyKey?

    public init(
        id: UUID16, shortCode: String, customerID: UUID16, merchantID: UUID16, items: [Item], dropoff: Coordinate,
        dropoffAddress: String? = nil, dropoffNote: String? = nil, dropoffContact: [UInt8]? = nil,
        payment: PaymentMethod = .cash, fulfilment: Fulfilment = .delivery, externalID: String? = nil,
        metadata: [UInt8]? = nil, correlationID: String, location: String, idempotency: IdempotencyKey? = nil
    ) {
        self.id = id
        self.shortCode = shortCode
        self.customerID = customerID
        self.merchantID = merchantID
        self.items = items
        self.dropoff = dropoff
        self.dropoffAddress = dropoffAddress
        self.dropoffNote = dropoffNote
        self.dropoffContact = dropoffContact
        self.payment = payment
        self.fulfilment = fulfilment
        self.externalID = externalID
        self.metadata = metadata
        self.correlationID = correlationID
        self.location = location
        self.idempotency = idempotency
    }
}
