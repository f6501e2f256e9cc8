import Domain
import EventLoop
import Store

/// The order's version on each driver's newest offer, as far as this node has seen it: what makes the order lock's proof a
/// proof. A memory of limited length; what it has forgotten costs PostgreSQL a question.
@Loop
final class OfferVersions {
    private struct Key: Hashable {
        let order: UUID16
        let driver: UUID16
    }

    private struct Seen {
        let offer: UUID16
        let version: Int
    }

    /// Entries of one generation; two are kept: some 2 MB, and the offers of minutes.
    static let generationSize = 16_384

    private var young: [Key: Seen] = [:]
    private var old: [Key: Seen] = [:]

    /// Takes in offers that opened.
    func note(_ offers: [OfferRecord]) {
        for offer in offers where offer.isOpen {
            guard let version = offer.orderVersion else { continue }
            let key = Key(order: offer.orderID, driver: offer.driverID)
            if let known = young[key] ?? old[key], known.version > version { continue }
            if young.count >= Self.generationSize {
                old = young
                young = [:]
            }
            young[key] = Seen(offer: offer.offerID, version: version)
        }
    }

    /// Nil when not known, or when another offer than the newest known is named.
    func version(order: UUID16, driver: UUID16, offer: UUID16?) -> Int? {
        let key = Key(order: order, driver: driver)
        guard let seen = young[key] ?? old[key], offer == nil || offer == seen.offer else { return nil }
        return seen.version
    }
}
