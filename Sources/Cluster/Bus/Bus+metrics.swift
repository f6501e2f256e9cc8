public import Telemetry

extension Bus {
    /// Registers this bus's figures, which are read when they are asked for. Once a registry.
    public func register(in registry: MetricsRegistry) {
        registry.gauge("lastmile_bus_up", help: "1 while messages go to other nodes and come from them.") {
            [weak self] in
            self?.isUp == true ? 1 : 0
        }
        registry.gauge("lastmile_bus_channels", help: "Channels subscribed, or to be so.") { [weak self] in
            Double(self?.channelCount ?? 0)
        }
        registry.counter("lastmile_bus_breaks_total", help: "Losses of the subscriptions.") { [weak self] in
            Double(self?.breaks ?? 0)
        }
        let counters: [(String, String, KeyPath<BusStatistics, UInt64>)] = [
            ("published_total", "Messages given to Redis, once a channel.", \.published),
            ("received_total", "Messages handed to listeners.", \.received),
            ("dropped_total", "Messages too long, or too many while Redis is away.", \.dropped),
        ]
        for (name, help, path) in counters {
            registry.counter("lastmile_bus_\(name)", help: help) { [weak self] in
                Double(self?.statistics[keyPath: path] ?? 0)
            }
        }
    }
}
