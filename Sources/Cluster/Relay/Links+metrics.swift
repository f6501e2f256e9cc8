public import Telemetry

extension Links {
    /// Registers the relay's figures, which are read when they are asked for. Once a registry.
    public func register(in registry: MetricsRegistry) {
        registry.gauge("lastmile_links_alive", help: "Other nodes that can be reached.") { [weak self] in
            Double(self?.aliveCount ?? 0)
        }
        registry.gauge("lastmile_relay_open_upgrades", help: "WebSockets passed on to their session's owner.") {
            [weak self] in
            Double(self?.statistics.openUpgrades ?? 0)
        }
        let counters: [(String, String, KeyPath<RelayStatistics, UInt64>)] = [
            ("relay_requests_total", "Polls and POSTs passed on to their session's owner.", \.requests),
            ("relay_upgrades_total", "Upgrades passed on to their session's owner.", \.upgrades),
            ("relay_refused_total", "Requests whose session's owner does not live.", \.refused),
            ("relay_overloaded_total", "Requests not passed on because too much was under way.", \.overloaded),
            ("relay_served_total", "Requests of other nodes' clients served here.", \.served),
            ("relay_upgrade_bytes_in_total", "Bytes of upgrades from clients to owners.", \.bytesIn),
            ("relay_upgrade_bytes_out_total", "Bytes of upgrades from owners to clients.", \.bytesOut),
            ("link_deaths_total", "Links that ended after they had lived.", \.deaths),
            ("link_faults_total", "Links closed because of what they said.", \.faults),
        ]
        for (name, help, path) in counters {
            registry.counter("lastmile_\(name)", help: help) { [weak self] in
                Double(self?.statistics[keyPath: path] ?? 0)
            }
        }
    }
}
