/// Whether preparation may be set.
public enum PreparationDecision: Hashable, Sendable {
    /// It changes: one event of this type.
    case changed(OrderEventType)
    /// It is so already: the order as it is, and no event.
    case unchanged
    /// 403 `FORBIDDEN`.
    case forbidden
    /// 409 `INVALID_TRANSITION`.
    case invalid

    /// Decides on one request.
    ///
    /// Preparation goes forward only, and may skip PREPARING (what lies on the shelf is ready at once). While it stays
    /// PREPARING the time it will be ready may be corrected. Once the goods are handed over it is over.
    ///
    /// - Parameters:
    ///   - readyAtChanges: the request names a `readyAt` other than the one known.
    public static func decide(
        status: OrderStatus, from current: PreparationState, to wanted: PreparationState, readyAtChanges: Bool,
        by parties: OrderParties
    ) -> PreparationDecision {
        guard parties.contains(.merchant) else { return .forbidden }
        guard status.isBeforeHandover else { return .invalid }
        switch (current, wanted) {
        case (.waiting, .preparing), (.waiting, .ready), (.preparing, .ready):
            return wanted.eventType.map { .changed($0) } ?? .invalid
        case (.preparing, .preparing):
            return readyAtChanges ? .changed(.preparing) : .unchanged
        case (.ready, .ready):
            return .unchanged
        default:
            return .invalid
        }
    }
}
