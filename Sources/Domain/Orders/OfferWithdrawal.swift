/// Why an open offer ended without an answer of its driver: `reason` of `offer_withdrawn`.
public enum OfferWithdrawal: String, CaseIterable, Hashable, Sendable {
    /// Somebody took the order.
    case accepted = "ACCEPTED"
    case cancelled = "CANCELLED"
    /// Its time ran out.
    case expired = "EXPIRED"
    /// Another order filled the driver.
    case atCapacity = "AT_CAPACITY"
    case offDuty = "OFF_DUTY"
}
