import EventLoop
import Wire

/// What this node asked of all others, while it waits.
@Loop
final class Question {
    /// The nodes that are known to live and have not answered.
    var missing: Set<String>
    /// The nodes that are listed although the link to them is dead: they may follow the channel, and are not waited for.
    private(set) var silent: Set<String>
    /// Whoever follows the channel of requests, this node aside; nil until Redis has told.
    var followers: Int?
    /// Nodes and other servers that have answered.
    var answered = 0
    /// Of all answers.
    var bytes = 0
    var timer: ScheduledTimer?
    var isOver = false
    /// Over in a moment.
    var isEnding = false
    /// Takes what a server answered.
    let take: (PeerResponse.Body) -> Void
    /// Whether nothing is waited for but the answers of servers.
    let isFulfilled: () -> Bool
    private var names: Set<String> = []
    private var continuation: CheckedContinuation<Void, Never>?

    init(
        missing: Set<String>, silent: Set<String> = [], take: @escaping (PeerResponse.Body) -> Void,
        isFulfilled: @escaping () -> Bool
    ) {
        self.missing = missing
        self.silent = silent
        self.take = take
        self.isFulfilled = isFulfilled
    }

    /// A server has given its one answer. False for the second one of a node.
    func note(_ node: String?) -> Bool {
        if let node {
            guard names.insert(node).inserted else { return false }
            missing.remove(node)
            silent.remove(node)
        }
        answered += 1
        return true
    }

    /// Everybody who follows the channel has answered: who is missing is not there, and not waited for.
    var isAnswered: Bool {
        guard let followers else { return false }
        return answered >= followers && isFulfilled()
    }

    /// Only silent nodes may be missing; or as many servers without names, which deserve a moment more.
    var isAnsweredButForSilent: Bool {
        guard let followers, missing.isEmpty, !silent.isEmpty else { return false }
        return answered + silent.count >= followers && isFulfilled()
    }

    /// Nodes that did not answer.
    var missingNodes: [String] { missing.union(silent).sorted() }

    /// Servers without names that did not answer.
    var missingPeers: Int { max(0, (followers ?? 0) - answered - missing.count - silent.count) }

    func end() {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        continuation?.resume()
        continuation = nil
    }

    /// Returns when it is over.
    func over() async {
        guard !isOver else { return }
        await withCheckedContinuation { continuation = $0 }
    }
}
