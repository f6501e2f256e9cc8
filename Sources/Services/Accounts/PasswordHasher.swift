import Crypto
import EventLoop

/// Hashes passwords off the loop, a few at a time: a hash takes much memory and a core, and log-ins must not crowd out the
/// rest of the node.
@Loop
final class PasswordHasher {
    /// Hashes that run at once: two of OWASP's cost take 256 MiB.
    static let maximumRunning = 2
    /// Those that wait beyond it; at OWASP's cost of some 0.3 s a hash the last one waits for 5 s. More are refused.
    static let maximumWaiting = 32

    private let cost: ScryptCost
    private var running = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(cost: ScryptCost) {
        self.cost = cost
    }

    /// What is to be stored for a password.
    func hash(_ password: String) async throws(ServiceError) -> String {
        let cost = cost
        return try await guarded { () throws(CryptoError) in
            try PasswordHash.make(password: password, cost: cost).stored
        }
    }

    /// Whether it is the password of which `stored` was made. Nil, for an account that is not there, takes as long.
    func verify(_ password: String, against stored: String?) async throws(ServiceError) -> Bool {
        guard let stored else {
            _ = try await hash(password)
            return false
        }
        return try await guarded { () throws(CryptoError) in try PasswordHash(stored: stored).matches(password) }
    }

    /// Whether a stored hash was made at another cost than those made now.
    func isOutdated(_ stored: String) -> Bool {
        guard let hash = try? PasswordHash(stored: stored) else { return true }
        return hash.needsRehash(at: cost)
    }

    private func guarded<T: Sendable>(
        _ work: @escaping @Sendable () throws(CryptoError) -> T
    ) async throws(ServiceError) -> T {
        if running >= Self.maximumRunning {
            guard waiting.count < Self.maximumWaiting else { throw .unavailable }
            // Whoever ends hands its place over, so that `running` stays as it is.
            await withCheckedContinuation { waiting.append($0) }
        } else {
            running += 1
        }
        defer {
            if waiting.isEmpty { running -= 1 } else { waiting.removeFirst().resume() }
        }
        do throws(CryptoError) {
            return try await offLoop(work)
        } catch {
            throw ServiceError(.internal, "INTERNAL", "A password could not be hashed: \(error)")
        }
    }
}
