import EventLoop

/// Frames for a session that is being recovered: what its client missed, then what was broadcast meanwhile.
@Loop struct HeldFrames {
    /// Broadcasts held for one session; beyond, the recovery is given up and the session begins anew.
    static let maximumFrames = 10_000

    private var frames: [(frame: EncodedFrame, number: UInt64?)] = []
    /// The first of `frames` that is still here.
    private var next = 0
    private var bytes = 0
    private let maximumBytes: Int
    private(set) var isOverflowing = false

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    /// `number`: nil for what is not logged.
    mutating func append(_ frame: EncodedFrame, _ number: UInt64?) {
        guard frames.count - next < Self.maximumFrames, bytes + frame.webSocketBytes.count <= maximumBytes else {
            isOverflowing = true
            return
        }
        bytes += frame.webSocketBytes.count
        frames.append((frame, number))
    }

    /// What was held, without what lies at or before `number` and so was among the missed.
    func after(_ number: UInt64) -> [(frame: EncodedFrame, number: UInt64?)] {
        frames[next...].filter { $0.number.map { $0 > number } ?? true }
    }

    var first: (frame: EncodedFrame, number: UInt64?)? { next < frames.count ? frames[next] : nil }

    mutating func removeFirst() {
        bytes -= frames[next].frame.webSocketBytes.count
        next += 1
    }
}
