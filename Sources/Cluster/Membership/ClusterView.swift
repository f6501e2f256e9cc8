public import EventLoop

/// What this node knows of every node, itself included, for people: the newest of what each said of itself over its link,
/// with every heartbeat, and through Redis. Reading it asks nobody and waits for nobody.
///
/// Redis away: what comes over links is as new as before. A link dead: what Redis has is shown, and that the node does not
/// answer. Who is silent stays in view for a while, unless it said that it was leaving.
@Loop
public final class ClusterView {
    /// A node that was lost is shown for so long: for whoever is called out of bed to find it there.
    public static let remembered: Duration = .seconds(600)
    /// One that leaves is gone so long after its last word.
    public static let leaving: Duration = .seconds(5)
    /// Nodes kept; beyond it those that were silent for longest are forgotten.
    public static let limit = 1_000

    /// One node.
    public struct Entry {
        public let member: Member
        /// By this node's clock.
        public let heardAt: LoopTime
    }

    private let timing: any Timing
    private var entries: [String: Entry] = [:]

    public init(timing: any Timing) {
        self.timing = timing
    }

    /// A node has said how it is. What is older than what is known is passed over.
    public func heard(_ member: Member) {
        if let known = entries[member.name]?.member {
            let isNewer =
                known.epoch == member.epoch
                ? known.saidMilliseconds < member.saidMilliseconds
                : known.startedMilliseconds <= member.startedMilliseconds
            guard isNewer else { return }
        } else if entries.count >= Self.limit, let oldest = entries.min(by: { $0.value.heardAt < $1.value.heardAt }) {
            entries[oldest.key] = nil
        }
        entries[member.name] = Entry(member: member, heardAt: timing.now)
    }

    /// Names of the nodes that were lost: in view without having said that they leave, and no link to them lives. A stopped one
    /// among them may follow channels still.
    public func lost(links: Links, own: String) -> [String] {
        nodes.map(\.member).filter { member in
            guard member.name != own, !member.isLeaving, let address = member.linkAddress else { return false }
            return !links.isAlive(address.owner)
        }.map(\.name)
    }

    /// Everybody by name.
    public var nodes: [Entry] {
        let now = timing.now
        entries = entries.filter { _, entry in
            now - entry.heardAt < (entry.member.isLeaving ? Self.leaving : Self.remembered)
        }
        return entries.values.sorted { $0.member.name < $1.member.name }
    }
}
