import EventLoop
import Realtime
import Telemetry

/// What slow, greedy and vanished clients cost, and what was done about them.
extension NodeMetrics {
    func observe(limitsOf sockets: SocketServer) {
        registry.counters(
            "lastmile_socket_disconnects_total", help: "Sockets that ended, by reason.", label: "reason"
        ) {
            Loop.assumeIsolated { sockets.statistics.disconnects.map { ($0.key.rawValue, Double($0.value)) } }
        }
        registry.counter(
            "lastmile_socket_coalesced_total", help: "Events whose place a newer one of the same subject took."
        ) {
            Loop.assumeIsolated { Double(sockets.statistics.engine.coalesced) }
        }
        registry.counter(
            "lastmile_socket_floods_total", help: "Sessions ended because their client sent too many packets."
        ) {
            Loop.assumeIsolated { Double(sockets.statistics.engine.floods) }
        }
        registry.counter(
            "lastmile_handshakes_refused_by_address_total",
            help: "Handshakes refused because their address had MAX_CONNECTIONS_PER_ADDRESS sessions."
        ) {
            Loop.assumeIsolated { Double(sockets.statistics.engine.refusedByAddress) }
        }
        registry.gauge("lastmile_socket_backlog_bytes", help: "Bytes that wait for clients that are behind.") {
            Loop.assumeIsolated { Double(sockets.statistics.engine.backlogBytes) }
        }
    }
}
