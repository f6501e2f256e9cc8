import EventLoop
import Redis

/// Whether Redis keeps what it is given: looked at on every connection, and every `RecoverySettings.policyBeats` seconds.
extension RedisRecoveryLog {
    /// What the server says of it.
    struct Eviction {
        let evicts: Bool
        /// Keys evicted since its start.
        let keys: UInt64

        /// - Parameter information: the answer to `INFO`.
        init(_ information: String) {
            var (evicts, keys) = (false, UInt64(0))
            for line in information.split(whereSeparator: \.isNewline) {
                if line.hasPrefix("maxmemory_policy:") {
                    evicts = !line.hasSuffix(":noeviction")
                } else if line.hasPrefix("evicted_keys:") {
                    keys = line.split(separator: ":").last.flatMap { UInt64($0) } ?? 0
                }
            }
            self.evicts = evicts
            self.keys = keys
        }
    }

    func readEviction() async throws(RedisError) -> Eviction {
        Eviction(try await client.command(["INFO"], timeout: RecoverySettings.timeout).text ?? "")
    }

    /// False where nothing can be promised.
    func check(_ found: Eviction) -> Bool {
        let process = client.identity?.replicationID ?? ""
        let hasEvicted = evicted.map { $0.process == process && found.keys > $0.keys } ?? false
        evicted = (process, found.keys)
        if found.evicts, !isRefused {
            onWarning("Redis's maxmemory-policy is not noeviction: connection state recovery is off")
            isRefused = true
            giveUp()
            resumeBeginners()
        } else if hasEvicted, !found.evicts, !isRefused {
            // The policy has been another meanwhile.
            onWarning("Redis has evicted keys: connection state recovery begins anew")
            giveUp()
        }
        isRefused = found.evicts
        return !found.evicts
    }

    func checkAgain() {
        guard client.isUp, !isOpening, !isChecking else { return }
        isChecking = true
        Loop.start { [weak self] in
            do throws(RedisError) {
                guard let found = try await self?.readEviction(), let self else { return }
                isChecking = false
                let wasRefused = isRefused
                if check(found), wasRefused { open() }
            } catch {
                // The next look, or the next connection, tells.
                self?.isChecking = false
            }
        }
    }
}
