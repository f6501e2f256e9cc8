/// What arrived, held against what happened.
struct EventCount: Equatable, Sendable {
    var expected = 0
    /// Raw arrivals.
    var received = 0
    /// Expected and never arrived.
    var lost = 0
    /// Arrivals of what had arrived before.
    var doubled = 0
    /// Arrivals below the highest `seq` of their order so far.
    var outOfOrder = 0
    /// Arrivals that the account was not to get.
    var unexpected = 0

    var isPerfect: Bool { lost == 0 && doubled == 0 && outOfOrder == 0 && unexpected == 0 }

    /// Whether all that is missing has come.
    var isComplete: Bool { lost == 0 }

    /// Counts one account: `expected` has the seqs of each order.
    mutating func add(expected: [String: [Int]], arrivals: [String: [Int]]) {
        for (order, seqs) in expected {
            let arrived = Set(arrivals[order] ?? [])
            self.expected += seqs.count
            lost += seqs.count { !arrived.contains($0) }
        }
        for (order, seqs) in arrivals {
            let wanted = Set(expected[order] ?? [])
            var seen: Set<Int> = []
            var highest = 0
            received += seqs.count
            for seq in seqs {
                if !seen.insert(seq).inserted { doubled += 1 }
                if seq < highest { outOfOrder += 1 }
                if !wanted.contains(seq) { unexpected += 1 }
                highest = max(highest, seq)
            }
        }
    }
}
