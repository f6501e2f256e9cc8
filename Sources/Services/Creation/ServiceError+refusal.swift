import Store

extension ServiceError {
    /// Why a creation was refused, where it has to do with its idempotency key; nil for anything else.
    static func idempotency(_ refusal: Refusal) -> ServiceError? {
        switch refusal {
        case .idempotencyInProgress:
            ServiceError(
                .conflict, refusal.rawValue, "The first request with this Idempotency-Key is still running.",
                retryAfter: 1)
        case .idempotencyKeyReused:
            ServiceError(
                .invalidInput, refusal.rawValue, "This Idempotency-Key came with another body before.",
                fields: [
                    FieldProblem(
                        field: "Idempotency-Key", code: refusal.rawValue, message: "came with another body before")
                ])
        default: nil
        }
    }

    /// Something that the input names is not as it must be.
    static func unusable(_ refusal: Refusal, field: String, _ message: String) -> ServiceError {
        ServiceError(
            .invalidInput, refusal.rawValue, "\(field): \(message)",
            fields: [FieldProblem(field: field, code: refusal.rawValue, message: message)])
    }
}
