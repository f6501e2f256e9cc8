import Realtime

/// What a node makes of what it hears of the log on its subscription: in which order, and from when on again after a break.
/// Pure; `RedisRecoveryLog` does what it says.
///
/// Redis publishes in the order of numbers and a subscription keeps it, so whatever comes with a higher number than the last
/// is next, and whatever does not has been delivered. After a break, and in a new life of the log, what comes is held until
/// the log has been read from the last number on.
struct LogFollower<Message> {
    enum Verdict: Equatable {
        case deliver
        /// Delivered later, or passed over then.
        case held
        /// Delivered before, or nothing to deliver.
        case passed
        /// Held; and the log should be opened again, for its life seems to be another.
        case foreign
        /// Too many were held: they are to be read from the log, all of them.
        case overflowed
    }

    /// The life of the log; nil before it is known, and when this node has given it up.
    private(set) var epoch: String?
    /// Up to here everything has been delivered.
    private(set) var number: UInt64 = 0
    /// What comes is held.
    private(set) var isBehind = true
    private(set) var isSubscribed = false
    /// Tells a reading of the log from an earlier one that was overtaken by a break.
    private(set) var run = 0
    private var held: [(offset: RecoveryOffset, message: Message?)] = []
    private let heldLimit: Int

    init(heldLimit: Int) {
        self.heldLimit = heldLimit
    }

    /// Something came with a place in the log; nil for what only tells how far the log has come.
    mutating func receive(_ message: Message?, at offset: RecoveryOffset) -> Verdict {
        guard offset.epoch == epoch, !isBehind else {
            guard held.count < heldLimit else {
                held = []
                fallBehind()
                return .overflowed
            }
            held.append((offset, message))
            return offset.epoch == epoch ? .held : .foreign
        }
        guard offset.number > number else { return .passed }
        number = offset.number
        return message == nil ? .passed : .deliver
    }

    /// The log's life is known (again). True when sockets here were promised things of another.
    mutating func opened(_ life: String, start: UInt64, head: UInt64) -> Bool {
        guard life != epoch else { return false }
        let isAnother = epoch != nil
        epoch = life
        // In a life that began unseen others may have published already.
        number = isAnother ? start : head
        fallBehind()
        return isAnother
    }

    /// This node stands for this life no longer.
    mutating func gaveUp() {
        epoch = nil
        held = []
        fallBehind()
    }

    mutating func broke() {
        isSubscribed = false
        fallBehind()
    }

    mutating func restored() {
        isSubscribed = true
    }

    private mutating func fallBehind() {
        isBehind = true
        run += 1
    }

    /// Whether reading the log can bring this node up to date now.
    var canCatchUp: Bool { isBehind && isSubscribed && epoch != nil }

    /// The log was read, and what it had delivered, up to `last`. Returns what was held and comes next.
    mutating func caughtUp(to last: UInt64) -> [(offset: RecoveryOffset, message: Message)] {
        number = max(number, last)
        isBehind = false
        let waiting = held
        held = []
        var next: [(offset: RecoveryOffset, message: Message)] = []
        for (offset, message) in waiting where offset.epoch == epoch && offset.number > number {
            number = offset.number
            if let message { next.append((offset, message)) }
        }
        return next
    }
}
