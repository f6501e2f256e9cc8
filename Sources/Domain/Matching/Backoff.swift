import Glibc

/// Exponential backoff with jitter: base, twice, four times the base …, each varied by up to a quarter, so that what
/// failed together does not return together.
public struct Backoff: Hashable, Sendable {
    /// Seconds before the second try.
    public let baseSeconds: Double
    /// No wait is longer than this, before jitter.
    public let maximumSeconds: Double

    public init(baseSeconds: Double, maximumSeconds: Double) {
        self.baseSeconds = baseSeconds
        self.maximumSeconds = maximumSeconds
    }

    /// Either side of the exact value, as a fraction of it.
    public static let jitterFraction = 0.25

    /// Seconds to wait.
    ///
    /// - Parameters:
    ///   - failures: how many tries have failed by now; less than 1 counts as 1.
    ///   - jitter: a random number of 0..<1; 0.5 gives the exact value.
    public func seconds(afterFailures failures: Int, jitter: Double) -> Double {
        let exact = min(scalbn(baseSeconds, Int32(min(max(failures, 1) - 1, 1000))), maximumSeconds)
        return exact * (1 + Self.jitterFraction * (2 * jitter - 1))
    }
}
