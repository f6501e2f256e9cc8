import Cluster
import EventLoop
import Postgres
import Realtime
import Redis
import Services
import Telemetry
import Wire

/// What `/metrics` shows beside what the parts count themselves: read when asked, so that it costs nothing meanwhile.
@Loop
struct NodeMetrics {
    let registry: MetricsRegistry

    func observe(http: HTTPServer) {
        let seconds = registry.histograms(
            "lastmile_http_request_duration_seconds", help: "From a request's head to its answer, by route.",
            labels: ["route"])
        let answers = registry.counters(
            "lastmile_http_requests_total", help: "Requests answered, by method, route and status.",
            labels: ["method", "route", "status"])
        http.onAnswer = { request, status, began in
            let route = request.pattern.isEmpty ? "none" : request.pattern
            // What probes and scrapers ask costs more to label than to answer.
            guard route != "/health/live" else { return }
            answers.with(request.method.name, route, String(status)).increment()
            seconds.with(route).observe(Double(SystemTiming.shared.now.nanoseconds &- began) / 1e9)
        }
        registry.gauge("lastmile_http_connections", help: "Open HTTP connections, without WebSockets.") {
            Loop.assumeIsolated { Double(http.statistics.connections) }
        }
    }

    func observe(sockets: SocketServer, namespace: Namespace) {
        registry.gauge("lastmile_sockets", help: "Socket.IO sockets connected to this node.") {
            Loop.assumeIsolated { Double(namespace.socketCount) }
        }
        registry.gauge("lastmile_sessions", help: "Engine.IO sessions of this node.") {
            Loop.assumeIsolated { Double(sockets.sessionCount) }
        }
        registry.gauge("lastmile_rooms", help: "Rooms with members on this node.") {
            Loop.assumeIsolated { Double(namespace.roomCount) }
        }
        registry.gauge(
            "lastmile_handshakes_per_second_max", help: "Busiest second of handshakes since the last scrape."
        ) {
            Loop.assumeIsolated { Double(sockets.takeHandshakePeak()) }
        }
        count("lastmile_handshakes_total", "Engine.IO sessions opened.") { sockets.statistics.engine.handshakes }
        count("lastmile_handshakes_refused_total", "Handshakes refused: malformed, draining, full or too many.") {
            sockets.statistics.engine.refusedHandshakes
        }
        count("lastmile_upgrades_total", "Sessions that went from polling to WebSocket.") {
            sockets.statistics.engine.upgrades
        }
        count("lastmile_ping_timeouts_total", "Sessions ended because no pong came.") {
            sockets.statistics.engine.pingTimeouts
        }
        count("lastmile_volatile_dropped_total", "Volatile messages dropped because a client was slow.") {
            sockets.statistics.engine.volatileDropped
        }
        count("lastmile_slow_consumers_total", "Sessions closed because their client was too slow.") {
            sockets.statistics.engine.slowConsumers
        }
        count("lastmile_socket_events_total", "Socket.IO events that clients sent.") {
            sockets.statistics.eventsReceived
        }
        count("lastmile_socket_deliveries_total", "Copies of broadcasts given to sockets.") {
            sockets.statistics.deliveries
        }
    }

    func observe(postgres pool: PostgresPool) {
        registry.gauge("lastmile_postgres_connections", help: "Connections to PostgreSQL that are ready.") {
            Loop.assumeIsolated { Double(pool.statistics.ready) }
        }
        registry.gauge("lastmile_postgres_in_flight", help: "Statements sent and not answered.") {
            Loop.assumeIsolated { Double(pool.statistics.inFlight) }
        }
        registry.gauge("lastmile_postgres_waiting", help: "Statements that wait for a connection.") {
            Loop.assumeIsolated { Double(pool.statistics.waiting) }
        }
        registry.counter("lastmile_postgres_statements_total", help: "Statements answered without an error.") {
            Loop.assumeIsolated { Double(pool.statistics.succeeded) }
        }
        registry.counter("lastmile_postgres_failures_total", help: "Statements that failed.") {
            Loop.assumeIsolated { Double(pool.statistics.failed) }
        }
        registry.counter("lastmile_postgres_seconds_total", help: "Time from sending to answer, summed up.") {
            Loop.assumeIsolated { Double(pool.statistics.latencyNanoseconds) / 1e9 }
        }
    }

    func observe(redis client: RedisClient, bus: Bus) {
        client.register(in: registry)
        bus.register(in: registry)
    }

    func observe(dispatch: Dispatch) {
        count("lastmile_matching_steps_total", "Matching steps taken.") { dispatch.matching.statistics.steps }
        count("lastmile_matching_offers_total", "Offers that matching made.") { dispatch.matching.statistics.offers }
        count("lastmile_matching_unassigned_total", "Orders whose every try was used up.") {
            dispatch.matching.statistics.unassigned
        }
        count("lastmile_matching_failures_total", "Steps and sweeps that failed and are tried again.") {
            dispatch.matching.statistics.failures
        }
        count("lastmile_offers_accepted_total", "Offers that drivers won.") { dispatch.offers.statistics.accepted }
        count("lastmile_offers_refused_total", "Accepts that were refused.") { dispatch.offers.statistics.refused }
        count("lastmile_offers_refused_by_lock_total", "Of these, those that never reached PostgreSQL.") {
            dispatch.offers.statistics.refusedByLock
        }
        count("lastmile_positions_received_total", "Positions that drivers sent.") {
            dispatch.drivers.positionStatistics.received
        }
        count("lastmile_positions_written_total", "Positions written, the newest of each driver and batch.") {
            dispatch.drivers.positionStatistics.written
        }
        count("lastmile_jobs_done_total", "Jobs finished.") { dispatch.jobs.statistics.done }
        count("lastmile_jobs_failed_total", "Tries of jobs that failed.") { dispatch.jobs.statistics.failed }
        count("lastmile_jobs_dead_total", "Jobs given up.") { dispatch.jobs.statistics.dead }
    }

    private func count(_ name: String, _ help: String, _ read: @escaping @Loop () -> UInt64) {
        registry.counter(name, help: help) { Loop.assumeIsolated { Double(read()) } }
    }

    func observeLoop() {
        registry.gauge("lastmile_loop_lag_seconds", help: "How long the last turn of the loop took.") {
            Loop.assumeIsolated { Double(Loop.statistics.lastLag.wholeNanoseconds) / 1e9 }
        }
        registry.gauge("lastmile_loop_lag_seconds_max", help: "The longest turn since the last scrape.") {
            Loop.assumeIsolated { Double(Loop.takeMaximumLag().wholeNanoseconds) / 1e9 }
        }
        registry.counter("lastmile_loop_busy_seconds_total", help: "Time the loop spent working.") {
            Loop.assumeIsolated { Double(Loop.statistics.busyNanoseconds) / 1e9 }
        }
        registry.gauge("lastmile_off_loop_pending", help: "Work handed to the thread pool and not finished.") {
            Loop.assumeIsolated { Double(Loop.statistics.offLoopPending) }
        }
    }

    func register(on router: Router) {
        router.onNow(.get, "/metrics") { _ in
            var response = Response(status: 200, body: registry.render())
            response.headers.append("Content-Type", MetricsRegistry.contentType)
            return response
        }
    }
}
