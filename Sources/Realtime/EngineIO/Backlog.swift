import EventLoop

/// What waits for all clients that are behind, so that many slow ones together do not take a node's memory: beyond the
/// limit those with most waiting are ended until an eighth of it is free.
///
/// A session is counted while more waits for it than a volatile message may find. Sums are kept by what was known when
/// something was last added, so they err upwards, and are taken anew before anybody is ended.
@Loop final class Backlog {
    private struct Entry {
        let session: EngineSession
        var bytes: Int
    }

    private let limit: Int
    private var entries: [ObjectIdentifier: Entry] = [:]
    private(set) var bytes = 0

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { entries.count }

    /// So many bytes wait for `session` now.
    func note(_ session: EngineSession, _ queued: Int) {
        let key = ObjectIdentifier(session)
        bytes += queued - (entries[key]?.bytes ?? 0)
        entries[key] = Entry(session: session, bytes: queued)
        if bytes > limit { relieve() }
    }

    /// Nothing waits for `session` any more, or it has ended.
    func forget(_ session: EngineSession) {
        guard !entries.isEmpty, let entry = entries.removeValue(forKey: ObjectIdentifier(session)) else { return }
        bytes -= entry.bytes
    }

    private func relieve() {
        let current = entries.values.map { Entry(session: $0.session, bytes: $0.session.queuedBytes) }
        bytes = 0
        entries.removeAll(keepingCapacity: true)
        for entry in current where entry.bytes > 0 {
            entries[ObjectIdentifier(entry.session)] = entry
            bytes += entry.bytes
        }
        guard bytes > limit else { return }
        for entry in current.sorted(by: { $0.bytes > $1.bytes }) {
            guard bytes > limit - limit / 8 else { return }
            entry.session.endAsSlow()
        }
    }
}
