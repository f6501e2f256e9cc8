import Realtime
public import Telemetry

extension RedisRecoveryLog {
    /// Registers this log's figures, which are read when they are asked for. Once a registry.
    public func register(in registry: MetricsRegistry) {
        registry.gauge("lastmile_recovery_up", help: "1 while sockets get sessions that can be taken up again.") {
            [weak self] in self?.position == nil ? 0 : 1
        }
        registry.gauge("lastmile_recovery_waiting", help: "Broadcasts that wait for Redis.") { [weak self] in
            Double(self?.queue.count ?? 0)
        }
        registry.gauge("lastmile_recovery_sessions", help: "Sessions whose connections are here.") { [weak self] in
            Double(self?.live.count ?? 0)
        }
        registry.counters(
            "lastmile_recoveries_total", help: "Clients that came back for a session, by what they got.",
            label: "outcome"
        ) { [weak self] in
            let figures = self?.server?.statistics
            let fresh = figures?.unrecovered.values.reduce(0, +) ?? 0
            return [("recovered", Double(figures?.recovered ?? 0)), ("fresh", Double(fresh))]
        }
        registry.counters(
            "lastmile_recovery_fresh_total",
            help: "Clients that came back for a session and got a fresh one, by the reason.", label: "reason"
        ) { [weak self] in
            let counts = self?.server?.statistics.unrecovered ?? [:]
            return RecoveryRefusal.allCases.map { ($0.rawValue, Double(counts[$0] ?? 0)) }
        }
        registry.counter("lastmile_recovery_replayed_total", help: "Missed broadcasts that such clients were sent.") {
            [weak self] in Double(self?.server?.statistics.replayed ?? 0)
        }
        registry.counter(
            "lastmile_recovery_forced_total",
            help: "Sockets closed because something that they were sent may be missing."
        ) { [weak self] in Double(self?.server?.statistics.forcedRecoveries ?? 0) }
        let counters: [(String, String, KeyPath<RecoveryStatistics, UInt64>)] = [
            ("claims_total", "Records of sessions that came to this node.", \.claims),
            ("logged_total", "Broadcasts numbered, kept and published.", \.logged),
            ("retried_total", "Batches of broadcasts sent to Redis once more.", \.retried),
            ("given_up_total", "Broadcasts given up, Redis being away for too long.", \.givenUp),
            ("log_reads_total", "Pages of the log read.", \.reads),
            ("catch_ups_total", "Times the log was read after a break of the subscription.", \.catchUps),
            ("caught_up_total", "Broadcasts delivered from the log after a break.", \.caughtUp),
            ("lives_total", "Times the log was found empty, or another Redis process in its place.", \.lives),
            ("losses_total", "Times that all sessions here ended because something may be missing.", \.losses),
            (
                "unclaimed_total", "Clients that came back for sessions that are not there, or cannot be whole.",
                \.unclaimed
            ),
            ("forced_claims_total", "Sessions taken from nodes that did not let go of them.", \.forcedClaims),
            ("released_total", "Connections closed because their session went on elsewhere.", \.released),
        ]
        for (name, help, path) in counters {
            registry.counter("lastmile_recovery_\(name)", help: help) { [weak self] in
                Double(self?.statistics[keyPath: path] ?? 0)
            }
        }
    }
}
