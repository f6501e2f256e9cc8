/// How many packets wait in a stream that tells only how many bytes wait: a little more than there are, at most about twice
/// as many.
///
/// Packets are counted in two lots, of which the older is forgotten when no more bytes wait than the newer lot brought.
struct WaitingPackets {
    private var older: Int32 = 0
    private var newer: Int32 = 0
    private var newerBytes: Int32 = 0

    var count: Int { Int(older) + Int(newer) }

    /// One packet of so many bytes joins `queued` bytes that wait.
    mutating func add(_ bytes: Int, behind queued: Int) {
        if queued <= newerBytes {
            older = newer
            newer = 0
            newerBytes = 0
        }
        newer += 1
        newerBytes = Int32(clamping: Int(newerBytes) + bytes)
    }
}
