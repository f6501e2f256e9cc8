/// Who caused an event: `actor.kind` of an order event. A role says what an account is, a kind in what capacity it
/// acted; the system has no account.
public enum ActorKind: String, CaseIterable, Hashable, Sendable {
    case admin = "ADMIN"
    case customer = "CUSTOMER"
    case driver = "DRIVER"
    case merchant = "MERCHANT"
    case system = "SYSTEM"
}
