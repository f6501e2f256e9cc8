import EventLoop

/// Frames for a session that is being recovered: what its client missed, then what was broadcast meanwhile.
@Loop struct HeldFrames {
    /// Broadcasts held for one session; beyond, the recovery is given up and the session begins anew.
    static let maximumFrames = 10_000

    struct Held {
        let frame: EncodedFrame
        /// nil for what is not logged.
        let number: UInt64?
        let compresses: Bool
    }

    private var frames: [Held] = []
    /// The first of `frames` that is still here.
    private var next = 0
    private var bytes = 0
    private let maximumBytes: Int
    private(set) var isOverflowing = false

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    mutating func append(_ frame: EncodedFrame, _ number: UInt64?, compresses: Bool) {
        guard frames.count - next < Self.maximumFrames, bytes + frame.webSocketBytes.count <= maximumBytes else {
            isOverflowing = true
            return
        }
        bytes += frame.webSocketBytes.count
        frames.append(Held(frame: frame, number: number, compresses: compresses))
    }

    /// What was held, without what lies at or before `number` and so was among the missed.
    func after(_ number: UInt64) -> [Held] {
        frames[next...].filter { $0.number.map { $0 > number } ?? true }
    }

    var first: Held? { next < frames.count ? frames[next] : nil }

    mutating func removeFirst() {
        bytes -= frames[next].frame.webSocketBytes.count
        next += 1
    }
}
