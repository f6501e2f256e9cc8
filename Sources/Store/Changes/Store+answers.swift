public import Domain
import EventLoop
import Postgres

extension Store {
    private static let keepAnswer = PostgresStatement.rows("keep_answer", 6)

    /// Keeps the answer to a request that does its work outside of PostgreSQL. Whoever gets it back unreplayed is to do the
    /// work now; `.idempotencyInProgress` and `.idempotencyKeyReused` refuse.
    public func keepAnswer(
        _ json: [UInt8], status: Int, of account: UUID16, under key: IdempotencyKey
    ) async throws(StoreError) -> Change {
        try await change(
            Self.keepAnswer,
            [
                .id(account), .int(status), .text(String(decoding: json, as: UTF8.self)), .text(key.route),
                .text(key.key), .bytes(key.bodyHash),
            ])
    }
}
