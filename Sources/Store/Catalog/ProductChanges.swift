/// What is to change of a product; nil leaves a field as it is.
public struct ProductChanges: Sendable {
    public var name: String?
    public var price: Int64?
    /// `.some(nil)` makes it unlimited.
    public var stock: Int??
    public var isAvailable: Bool?

    public init(name: String? = nil, price: Int64? = nil, stock: Int?? = nil, isAvailable: Bool? = nil) {
        self.name = name
        self.price = price
        self.stock = stock
        self.isAvailable = isAvailable
    }
}
