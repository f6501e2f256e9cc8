/// How far the merchant is with an order; a field of its own beside `status`.
public enum PreparationState: String, CaseIterable, Hashable, Sendable {
    case waiting = "WAITING"
    case preparing = "PREPARING"
    case ready = "READY"

    /// The type of the event that any change of preparation appends; WAITING is where it begins and has none.
    public var eventType: OrderEventType? {
        switch self {
        case .waiting: nil
        case .preparing: .preparing
        case .ready: .ready
        }
    }
}
