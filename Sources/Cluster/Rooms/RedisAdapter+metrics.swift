public import Telemetry

extension RedisAdapter {
    /// Registers this adapter's figures, which are read when they are asked for. Once a registry.
    public func register(in registry: MetricsRegistry) {
        let counters: [(String, String, KeyPath<RoomStatistics, UInt64>)] = [
            (
                "broadcasts_total",
                "Broadcasts that came by Redis, logged ones of this node too, given to sockets here.", \.broadcasts
            ),
            ("passed_over_total", "Broadcasts of other servers that met nobody here.", \.passedOver),
            ("malformed_total", "Messages on Socket.IO's channels that were dropped as none.", \.malformed),
            ("unencodable_total", "Own broadcasts whose arguments are not JSON.", \.unencodable),
            ("requests_total", "Requests of other servers carried out or answered.", \.requests),
            ("refused_total", "Requests refused because too many acknowledgements are owed.", \.refused),
            ("incomplete_total", "Questions that not every node answered.", \.incomplete),
        ]
        for (name, help, path) in counters {
            registry.counter("lastmile_rooms_\(name)", help: help) { [weak self] in
                Double(self?.statistics[keyPath: path] ?? 0)
            }
        }
    }
}
