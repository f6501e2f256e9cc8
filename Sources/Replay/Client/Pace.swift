import Crypto
import Domain
import EventLoop

/// How this client tries again.
enum Pace {
    /// Between tries of one request: from 0.2 s to 5 s.
    static let requests = Backoff(baseSeconds: 0.2, maximumSeconds: 5)
    /// Between tries to connect a socket: many come back at once when a node dies, so they spread.
    static let sockets = Backoff(baseSeconds: 0.3, maximumSeconds: 5)
    /// Longer than any part of the cluster may be away.
    static let patience: Duration = .seconds(180)
    /// No answer of the cluster takes longer, whatever part of it is gone.
    static let requestTimeout: Duration = .seconds(10)

    static func delay(_ backoff: Backoff, failures: Int) -> Duration {
        .seconds(backoff.seconds(afterFailures: failures, jitter: jitter()))
    }

    static func jitter() -> Double { Double(randomBits() >> 11) * 0x1p-53 }

    /// Sleeps; nothing here is ever cancelled.
    @Loop static func sleep(_ duration: Duration) async { try? await SystemTiming.shared.sleep(for: duration) }
}
