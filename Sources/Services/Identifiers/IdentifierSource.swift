import Crypto
public import Domain
public import EventLoop

/// Makes the ids of this node's rows: UUIDv7, each greater than the one before.
@Loop
public final class IdentifierSource {
    private var sequence = UUIDv7Sequence()
    private let timing: any Timing

    public init(timing: any Timing) {
        self.timing = timing
    }

    public func next() -> UUID16 {
        sequence.next(milliseconds: timing.wallMilliseconds, random: (randomBits(), randomBits()))
    }
}
