public import Store

extension ServiceError {
    /// What the caller of a service is told when the database did not do its part.
    public init(_ error: StoreError) {
        switch error.kind {
        case .unavailable, .timedOut, .outcomeUnknown: self = .unavailable
        case .invalidInput: self = .invalid("body", "INVALID_VALUE", "holds a value that cannot be kept")
        case .invalidCursor: self = .invalid("cursor", "INVALID_VALUE", "is not a cursor of this list")
        case .migration, .failed: self = ServiceError(.internal, "INTERNAL", "\(error)")
        }
    }
}

/// Runs a statement, its failure being the service's.
func storing<T>(_ body: () async throws(StoreError) -> T) async throws(ServiceError) -> T {
    do throws(StoreError) {
        return try await body()
    } catch {
        throw ServiceError(error)
    }
}
