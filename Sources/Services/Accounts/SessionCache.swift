import Domain
import EventLoop

/// Sessions that were found good a moment ago, so that not every request asks the database.
///
/// What ends a session is heard of by bus and feed and taken out at once; the short life bounds what is lost with both.
@Loop
final class SessionCache {
    /// How long a look at the database counts.
    static let life: Duration = .seconds(10)
    /// Sessions kept; at this many the stale go, or all when none is.
    static let bound = 50_000

    private struct Entry {
        let identity: Identity
        let until: LoopTime
    }

    private var entries: [UUID16: Entry] = [:]
    private let timing: any Timing
    /// Rises with each end that was heard of: a look that was under way meanwhile may be outdated, and is not kept.
    private(set) var endings = 0

    init(timing: any Timing) {
        self.timing = timing
    }

    func holds(_ identity: Identity) -> Bool {
        guard let entry = entries[identity.session] else { return false }
        return entry.identity == identity && entry.until > timing.now
    }

    /// - Parameter endings: as it was before the database was asked.
    func keep(_ identity: Identity, endings before: Int) {
        guard before == endings else { return }
        let now = timing.now
        if entries.count >= Self.bound {
            entries = entries.filter { $0.value.until > now }
            if entries.count >= Self.bound { entries = [:] }
        }
        entries[identity.session] = Entry(identity: identity, until: now + Self.life)
    }

    func end(session: UUID16) {
        endings += 1
        entries[session] = nil
    }

    /// Every session of the account; rare, so that no index by account is kept.
    func end(account: UUID16) {
        endings += 1
        entries = entries.filter { $0.value.identity.account != account }
    }
}
