/// What a request may hold (contract, Conventions, input).
public enum InputLimits {
    /// Characters of a name, of a person, merchant or product.
    public static let nameLength = 120
    /// Characters of a note or reason.
    public static let noteLength = 500
    /// Characters of a postal address or contact: a note's.
    public static let addressLength = 500
    /// Characters of an `externalId`.
    public static let externalIdLength = 120
    /// Characters of an e-mail address (RFC 5321, 4.5.3.1.3, less the angle brackets).
    public static let emailLength = 254
    /// Characters of a password.
    public static let passwordLengths = 8...128
    public static let items = 1...100
    public static let quantity = 1...999
    /// Pairs of an order's metadata.
    public static let metadataPairs = 20
    /// Characters of a metadata key.
    public static let metadataKeyLength = 40
    /// Characters of a metadata value.
    public static let metadataValueLength = 500
    /// Minor units of one product's price: a hundred items of 999 each still fit into `Money.maximum`.
    public static let price: ClosedRange<Int64> = 0...90_000_000_000
    /// Pieces in stock: a 32-bit column's.
    public static let stock = 0...2_147_483_647
    /// `?limit=` of lists.
    public static let pageSizes = 1...100
    public static let defaultPageSize = 20
    /// Orders that `auth.after` may name.
    public static let resumedOrders = 1000
}
