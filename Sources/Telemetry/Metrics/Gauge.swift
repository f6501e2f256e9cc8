/// A value that goes up and down. May be set from any thread, without a lock.
public final class Gauge: Sendable {
    private let current = AtomicDouble()

    public init() {}

    public func set(_ value: Double) {
        current.set(value)
    }

    public func add(_ amount: Double) {
        current.add(amount)
    }

    public var value: Double { current.value }
}
