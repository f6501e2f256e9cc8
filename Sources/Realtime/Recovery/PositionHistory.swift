public import EventLoop

/// Which number a node had delivered when, coarsely. A socket that still answers its heartbeat has everything that was
/// sent before the ping it answered, so what lies further back than two heartbeats need not be asked of the client: a
/// client in a quiet room can recover although its last offset has long been trimmed.
@Loop public struct PositionHistory {
    /// Between two samples at least, and after how long one is forgotten.
    private static let granularity: Duration = .seconds(1)

    private var samples: [(at: LoopTime, number: UInt64)] = []
    private let lag: Duration

    /// - Parameter lag: how long ago every live socket's client has surely received what was sent.
    public init(lag: Duration) {
        self.lag = lag
    }

    public mutating func note(_ number: UInt64, at now: LoopTime) {
        if let last = samples.last, now - last.at < Self.granularity { return }
        // One sample from beyond the lag is needed, those before it are not.
        if let first = samples.firstIndex(where: { now - $0.at < lag }), first > 1 { samples.removeFirst(first - 1) }
        samples.append((now, number))
    }

    /// Every socket that lives now, and lived then, has everything up to here.
    public func confirmed(at now: LoopTime) -> UInt64 {
        samples.last { now - $0.at >= lag }?.number ?? 0
    }
}
