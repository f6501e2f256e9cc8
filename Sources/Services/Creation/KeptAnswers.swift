public import Domain
public import EventLoop
public import Store

/// Idempotency keys of what changes no row: the answer is kept before the work is done, so that it is done at most once.
@Loop
public struct KeptAnswers {
    private let store: Store

    public init(store: Store) {
        self.store = store
    }

    /// The answer to give: this one, now to be made true, or (`isReplayed`) the one kept before. A node that dies between
    /// the two leaves the work undone, and its repeat answered all the same.
    public func keep(
        _ json: [UInt8], status: Int, of account: UUID16, under key: IdempotencyKey
    ) async throws(ServiceError) -> Creation {
        let change = try await storing { () async throws(StoreError) in
            try await store.keepAnswer(json, status: status, of: account, under: key)
        }
        if let refusal = change.refusal { throw .idempotency(refusal) ?? .unavailable }
        return Creation(change, status: status)
    }
}
