public import Domain

/// What is to change of a merchant; nil leaves a field as it is.
public struct MerchantChanges: Sendable {
    public var name: String?
    public var kind: String?
    public var place: Coordinate?
    /// `.some(nil)` takes the address away.
    public var address: String??

    public init(name: String? = nil, kind: String? = nil, place: Coordinate? = nil, address: String?? = nil) {
        self.name = name
        self.kind = kind
        self.place = place
        self.address = address
    }
}
