public import Domain
import EventLoop
public import Postgres

extension Store {
    private static let accept = PostgresStatement.rows("accept_offer", 4)
    private static let reject = PostgresStatement.rows("reject_offer", 5)
    private static let withdraw = PostgresStatement.rows("withdraw_driver_offer", 2)
    private static let open = PostgresStatement.value("driver_offers", 1)

    /// A driver takes an order: one winner, within capacity (see `accept_offer` in SQL). `version` of the change is the
    /// fencing number, also of a refusal. The winner's repeat is answered again, without events.
    ///
    /// - Parameters:
    ///   - offer: that very offer; nil: the driver's newest of this order.
    ///   - timeout: for the answer; that it did not come in time tells nothing of the outcome.
    public func accept(
        _ order: UUID16, driver: UUID16, offer: UUID16?, correlationID: String,
        timeout: Duration = PostgresPool.defaultTimeout
    ) async throws(StoreError) -> Change {
        try await change(
            Self.accept, [.id(order), .id(driver), .id(offer), .text(correlationID)], timeout: timeout)
    }

    /// A driver refuses an order for good. Matching is due at once.
    public func reject(
        _ order: UUID16, driver: UUID16, offer: UUID16?, reason: String?, correlationID: String
    ) async throws(StoreError) -> Change {
        try await change(Self.reject, [.id(order), .id(driver), .id(offer), .text(reason), .text(correlationID)])
    }

    /// Ends one of the driver's open offers, under its order's lock; `remaining` says how many are left, so call it again
    /// until that is 0. AT_CAPACITY ends nothing once the driver has room again, OFF_DUTY nothing once on duty again.
    public func withdrawOffer(
        of driver: UUID16, reason: OfferWithdrawal
    ) async throws(StoreError) -> (change: Change, remaining: Int) {
        let change = try await change(Self.withdraw, [.id(driver), .text(reason.rawValue)])
        return (change, change.version ?? 0)
    }

    /// The driver's offers that are still open, newest first, as `{"data": […]}`.
    public func openOffers(of driver: UUID16) async throws(StoreError) -> [UInt8] {
        try await page(Self.open, [.id(driver)])
    }
}
