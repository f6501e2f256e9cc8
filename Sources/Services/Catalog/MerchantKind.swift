/// What a merchant is.
public enum MerchantKind: String, CaseIterable, Sendable {
    case restaurant = "RESTAURANT"
    case store = "STORE"
    case warehouse = "WAREHOUSE"
}
