/// Why a change was not made. Nothing was changed. Raw values are the SQL functions' codes, where the contract has a
/// code the same.
public enum Refusal: String, CaseIterable, Sendable {
    case notFound = "NOT_FOUND"
    /// The order has another version than the one decided upon: read and decide again.
    case conflictVersion = "CONFLICT_VERSION"
    case invalidTransition = "INVALID_TRANSITION"
    /// Another body came under this key.
    case idempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED"
    /// The first request under this key still runs.
    case idempotencyInProgress = "IDEMPOTENCY_IN_PROGRESS"
    case merchantNotFound = "MERCHANT_NOT_FOUND"
    case productNotFound = "PRODUCT_NOT_FOUND"
    case productUnavailable = "PRODUCT_UNAVAILABLE"
    case currencyMismatch = "CURRENCY_MISMATCH"
    case outOfStock = "OUT_OF_STOCK"
    /// Never offered to this driver.
    case offerNotFound = "OFFER_NOT_FOUND"
    case offerExpired = "OFFER_EXPIRED"
    case orderCancelled = "ORDER_CANCELLED"
    case orderAlreadyAccepted = "ORDER_ALREADY_ACCEPTED"
    case driverAtCapacity = "DRIVER_AT_CAPACITY"
    case emailTaken = "EMAIL_TAKEN"
    /// A matching step that is no longer the claimed one.
    case stale = "STALE"
}
