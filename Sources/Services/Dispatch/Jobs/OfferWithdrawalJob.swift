import Domain
import EventLoop
import Store
import Wire

/// Ends the surplus offers of a driver who is full, or off duty: one order at a time, each under its own order's lock
/// (protocols 1.6). Running twice is harmless: what has ended stays so, and a driver with room again keeps its offers.
@Loop
struct OfferWithdrawalJob {
    /// Offers that one driver can have open: as many as orders can ask it at once, cut to what a lease is long enough for.
    private static let limit = 1_000

    let store: Store
    let after: any AfterCommit

    func run(_ job: ClaimedJob) async throws(JobFailure) {
        guard let payload = try? JSONValue.parse(job.payload),
            let driver = payload["driverId"]?.stringValue.flatMap({ UUID16($0) }),
            let reason = payload["reason"]?.stringValue.flatMap(OfferWithdrawal.init(rawValue:))
        else { throw JobFailure("the payload is not one of this queue") }
        do throws(StoreError) {
            for _ in 0..<Self.limit {
                let (change, remaining) = try await store.withdrawOffer(of: driver, reason: reason)
                after.follow(change)
                guard remaining > 0 else { return }
            }
        } catch {
            throw JobFailure("\(error)")
        }
        throw JobFailure("more offers than one run ends")
    }
}
