/// How an order is paid: at the door, or by card before anything else happens.
public enum PaymentMethod: String, CaseIterable, Hashable, Sendable {
    case cash = "CASH"
    case card = "CARD"
}
