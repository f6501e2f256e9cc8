public import Domain

/// A product to be created.
public struct NewProduct: Sendable {
    public var id: UUID16
    public var merchantID: UUID16
    /// Who creates it: the scope of the idempotency key.
    public var accountID: UUID16
    public var name: String
    /// Minor units, 0…10¹².
    public var price: Int64
    /// ISO 4217; must be the merchant's.
    public var currency: String
    /// Nil: unlimited.
    public var stock: Int?
    public var isAvailable: Bool
    /// The path that the answer's `Location` names.
    public var location: String
    public var idempotency: IdempotencyKey?

    public init(
        id: UUID16, merchantID: UUID16, accountID: UUID16, name: String, price: Int64, currency: String, stock: Int?,
        isAvailable: Bool = true, location: String, idempotency: IdempotencyKey? = nil
    ) {
        self.id = id
        self.merchantID = merchantID
        self.accountID = accountID
        self.name = name
        self.price = price
        self.currency = currency
        self.stock = stock
        self.isAvailable = isAvailable
        self.location = location
        self.idempotency = idempotency
    }
}
