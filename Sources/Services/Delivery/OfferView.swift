import Domain
public import Store

/// Which offers a driver's socket has been told of: each goes out once when it opens and once when it is
/// withdrawn, however often and in whatever order the sources bring it.
public struct OfferView: Sendable {
    public enum Reaction: Sendable, Equatable {
        case ignore, offer, withdraw
    }

    private struct Known {
        var isOpen: Bool
        var wasTold: Bool
        var transaction: UInt64
    }

    private var known: [UUID16: Known] = [:]
    private var early: [OfferRecord]? = []

    public init() {}

    /// The CONNECT's statement answered, with the offers that were open then. Returns those heard of meanwhile;
    /// the caller gives each to `received` again, after the open ones are out.
    public mutating func connected(open: [OfferRecord]) -> [OfferRecord] {
        for offer in open {
            known[offer.offerID] = Known(isOpen: true, wasTold: true, transaction: offer.transaction)
        }
        defer { early = nil }
        return early ?? []
    }

    public mutating func received(_ offer: OfferRecord, snapshot: TransactionSnapshot?, cursor: UInt64) -> Reaction {
        if early != nil {
            early?.append(offer)
            return .ignore
        }
        if var entry = known[offer.offerID] {
            guard !offer.isOpen, entry.isOpen else { return .ignore }
            entry.isOpen = false
            entry.transaction = max(entry.transaction, offer.transaction)
            known[offer.offerID] = entry
            return entry.wasTold && offer.isWithdrawn ? .withdraw : .ignore
        }
        guard let snapshot, !snapshot.sees(offer.transaction), offer.transaction >= cursor else { return .ignore }
        known[offer.offerID] = Known(isOpen: offer.isOpen, wasTold: offer.isOpen, transaction: offer.transaction)
        return offer.isOpen ? .offer : .ignore
    }

    /// Forgets offers that are closed, once no source can bring them again.
    public mutating func prune(cursor: UInt64) {
        guard !known.isEmpty else { return }
        known = known.filter { $0.value.isOpen || $0.value.transaction >= cursor }
    }
}
