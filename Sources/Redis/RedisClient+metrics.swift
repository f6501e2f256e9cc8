public import Telemetry

extension RedisClient {
    /// Registers this client's figures, which are read when they are asked for. Once a registry.
    public func register(in registry: MetricsRegistry) {
        registry.gauge("lastmile_redis_up", help: "1 while the command connection stands.") { [weak self] in
            self?.isUp == true ? 1 : 0
        }
        registry.gauge("lastmile_redis_pending_commands", help: "Commands on their way.") { [weak self] in
            Double(self?.statistics.pending ?? 0)
        }
        let counters: [(String, String, KeyPath<RedisStatistics, UInt64>)] = [
            ("commands_total", "Commands written.", \.commands),
            ("commands_refused_total", "Commands not sent: no connection, or a full queue.", \.refused),
            ("commands_timed_out_total", "Commands whose deadline passed.", \.timeouts),
            ("commands_answered_total", "Commands answered in time whose reply was waited for.", \.answered),
            ("errors_total", "Error replies.", \.errors),
            ("connections_total", "Connections made.", \.connections),
            ("connections_replaced_total", "Connections given up because they fell silent.", \.replacements),
        ]
        for (name, help, path) in counters {
            registry.counter("lastmile_redis_\(name)", help: help) { [weak self] in
                Double(self?.statistics[keyPath: path] ?? 0)
            }
        }
        registry.counter(
            "lastmile_redis_round_trip_seconds_total", help: "Sum of the round trips of the answered commands."
        ) { [weak self] in
            Double(self?.statistics.roundTripNanoseconds ?? 0) / 1e9
        }
    }
}
