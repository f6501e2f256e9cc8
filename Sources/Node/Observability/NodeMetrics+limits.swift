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
        registry.counter(
            "lastmile_handshakes_refused_by_address_rate_total",
            help: "Handshakes refused because their address opened sessions faster than HANDSHAKE_RATE_PER_ADDRESS."
        ) {
            Loop.assumeIsolated { Double(sockets.statistics.engine.refusedByAddressRate) }
        }
        registry.counter(
            "lastmile_slow_consumers_by_packets_total",
            help: "Of the slow consumers closed, those with too many packets waiting, rather than bytes."
        ) {
            Loop.assumeIsolated { Double(sockets.statistics.engine.slowByPackets) }
        }
        registry.counters(
            "lastmile_socket_refused_total", help: "What sockets asked for beyond their limits, by kind.", label: "what"
        ) {
            Loop.assumeIsolated {
                let figures = sockets.statistics
                return [
                    ("namespace", Double(figures.refusedNamespaces)), ("room", Double(figures.refusedRooms)),
                    ("attachments", Double(figures.refusedAttachments)),
                ]
            }
        }
        registry.counter(
            "lastmile_socket_unfinished_total",
            help: "Sessions ended because a message of theirs was not whole in time, or there were too many such."
        ) {
            Loop.assumeIsolated { Double(sockets.statistics.engine.unfinishedMessages) }
        }
        registry.gauge("lastmile_socket_backlog_bytes", help: "Bytes that wait for clients that are behind.") {
            Loop.assumeIsolated { Double(sockets.statistics.engine.backlogBytes) }
        }
    }
}
