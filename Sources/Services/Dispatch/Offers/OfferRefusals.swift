import Store

extension ServiceError {
    /// Somebody else won, also when the offer was withdrawn since.
    static let orderAlreadyAccepted = ServiceError(
        .conflict, "ORDER_ALREADY_ACCEPTED", "Another driver has taken this order.")

    /// What a driver is told whose answer to an offer came to nothing.
    init(offer refusal: Refusal) {
        switch refusal {
        case .offerNotFound:
            self = ServiceError(.notFound, "OFFER_NOT_FOUND", "You were not offered this order.")
        case .offerExpired:
            self = ServiceError(.conflict, "OFFER_EXPIRED", "This offer is no longer open.")
        case .orderCancelled:
            self = ServiceError(.conflict, "ORDER_CANCELLED", "The order was cancelled.")
        case .orderAlreadyAccepted:
            self = .orderAlreadyAccepted
        case .driverAtCapacity:
            self = ServiceError(.conflict, "DRIVER_AT_CAPACITY", "You have as many orders as your capacity allows.")
        default:
            self = ServiceError(.internal, "INTERNAL", "unexpected refusal \(refusal.rawValue)")
        }
    }
}
