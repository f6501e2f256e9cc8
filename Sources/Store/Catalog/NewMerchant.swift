public import Domain

/// A merchant to be created; who creates it owns it.
public struct NewMerchant: Sendable {
    public var id: UUID16
    public var ownerID: UUID16
    public var name: String
    public var kind: String
    public var place: Coordinate
    public var address: String?
    /// ISO 4217.
    public var currency: String
    /// The path that the answer's `Location` names.
    public var location: String
    public var idempotency: IdempotencyKey?

    public init(
        id: UUID16, ownerID: UUID16, name: String, kind: String, place: Coordinate, address: String?,
        currency: String, location: String, idempotency: IdempotencyKey? = nil
    ) {
        self.id = id
        self.ownerID = ownerID
        self.name = name
        self.kind = kind
        self.place = place
        self.address = address
        self.currency = currency
        self.location = location
        self.idempotency = idempotency
    }
}
