import Cluster
import EventLoop
import Glibc
import Realtime
import Wire

/// A small Socket.IO server: an example of `Realtime` and `Cluster` alone, and what load generators and suites are pointed
/// at. README.md says what it can do and how it is set.
@Loop enum RealtimeEcho {
    nonisolated static func main() {
        guard let settings = EchoSettings() else { exit(2) }
        Loop.run {
            await serve(settings)
        }
    }

    private static func serve(_ settings: EchoSettings) async {
        var options = settings.options
        let prefix = EchoSettings.randomPrefix()
        options.socketPrefix = prefix
        var links: EchoLinks?
        var cluster: EchoCluster?
        if let redis = settings.redis {
            do {
                let made = try await EchoLinks.make(settings, redis)
                options.engine.identifiers = made.identifiers
                cluster = EchoCluster(redis, settings, socketPrefix: prefix, links: made.links)
                links = made
            } catch {
                say("no cluster: \(error)")
                exit(1)
            }
        }
        let sockets = SocketServer(
            options: options, adapter: cluster?.adapter ?? LocalAdapter(),
            recovery: cluster == nil && settings.recovers ? LocalRecoveryLog() : cluster?.log)
        cluster?.log?.onWarning = { say("recovery: \($0)") }
        sockets.relay = links?.links
        cluster?.start()
        for name in ["/", "/custom"] {
            register(sockets.namespace(name), sockets.recovery, sendsAuth: settings.isConformanceRun)
        }
        sockets.namespaces { name, _ in
            name.wholeMatch(of: /\/dynamic-\d+/) != nil
        } configure: { namespace in
            register(namespace, sockets.recovery, sendsAuth: settings.isConformanceRun)
        }
        let router = Router()
        router.onNow(.get, "/health/live") { _ in .text(200, "ok\n") }
        router.onNow(.get, "/statistics") { [links, cluster] _ in statistics(sockets, cluster, links?.links) }
        let server = HTTPServer(
            router: router, errorBody: { .text($0.status, $0.detail + "\n") }, upgrade: sockets)
        if settings.isConformanceRun {
            var engine = options.engine
            engine.path = "/engine.io/"
            let endpoint = EngineEndpoint(options: engine) { session, message in session.send(message) }
            endpoint.relay = links?.links
            server.mount(endpoint)
        }
        await cluster?.log?.opened(within: .seconds(2))
        do throws(LoopError) {
            try await links?.start(for: server)
            let port = try server.listen(host: settings.host, port: settings.port)
            say("listening on \(settings.host):\(port)")
        } catch {
            say("cannot listen on \(settings.host):\(settings.port): \(error)")
            exit(1)
        }
        await signalled()
        await sockets.drain(over: .seconds(1))
        await cluster?.stop()
        await server.close()
        await links?.stop()
    }

    private static func register(
        _ namespace: Namespace, _ recovery: (any RecoveryLog)?, sendsAuth: Bool
    ) {
        namespace.onConnect { socket in
            guard sendsAuth else { return }
            let auth = socket.auth.isEmpty ? Array("{}".utf8) : socket.auth
            // The suites' clients look for one message after the other and miss the second of two that arrive together.
            SystemTiming.shared.after(authDelay) { socket.emit("auth", json: auth) }
        }
        namespace.on("message") { socket, event in
            socket.emit("message-back", json: event.arguments, attachments: event.attachments)
        }
        namespace.on("message-with-ack") { _, event in
            event.acknowledge(event.arguments, attachments: event.attachments)
        }
        namespace.onBorrowed("echo") { _, event in event.acknowledgeWithArguments() }
        namespace.on("ask") { socket, event in
            socket.emit(
                "question", json: event.arguments, attachments: event.attachments, timeout: patience
            ) { result in
                guard case .success(let answer) = result else { return event.acknowledge(Array("null".utf8)) }
                event.acknowledge(answer.json, attachments: answer.attachments)
            }
        }
        namespace.on("join") { socket, event in
            guard let room = Arguments.string(event.arguments, 0) else { return event.acknowledge([]) }
            socket.join(room)
            Loop.start {
                // Acknowledged when what other nodes publish comes here; without Redis at once, and told so.
                do throws(AdapterError) {
                    try await socket.joinConfirmed(room)
                    event.acknowledge([])
                } catch {
                    event.acknowledge(Array("\"unconfirmed\"".utf8))
                }
            }
        }
        namespace.on("fresh") { socket, event in
            // Why a client that came back for its session was given another.
            event.acknowledge(Array("\"\(socket.recoveryRefusal?.rawValue ?? "")\"".utf8))
        }
        namespace.on("leave") { socket, event in
            if let room = Arguments.string(event.arguments, 0) { socket.leave(room) }
            event.acknowledge([])
        }
        namespace.on("rooms") { socket, event in event.acknowledge(Arguments.list(socket.rooms)) }
        namespace.on("publish") { _, event in
            if let room = Arguments.string(event.arguments, 0) {
                namespace.to(room).emit(
                    "message", json: Arguments.afterFirst(event.arguments), attachments: event.attachments)
            }
            guard let recovery else { return event.acknowledge([]) }
            Loop.start {
                // Acknowledged when the death of this node cannot undo it any more; "lost" when it was not logged.
                do throws(AdapterError) {
                    try await recovery.confirmPublished()
                    event.acknowledge([])
                } catch {
                    event.acknowledge(Array("\"lost\"".utf8))
                }
            }
        }
        namespace.on("publish-volatile") { _, event in
            if let room = Arguments.string(event.arguments, 0) {
                namespace.to(room).volatile.emit("message", json: Arguments.afterFirst(event.arguments))
            }
            event.acknowledge([])
        }
        namespace.on("fetch") { _, event in
            let rooms = Arguments.string(event.arguments, 0).map { [$0] } ?? []
            Loop.start {
                let found = await namespace.to(rooms).fetchSockets()
                event.acknowledge(Arguments.list(found.sockets.map(\.id)))
            }
        }
    }

    /// On a busy machine such a client reads late; and what it does next shall still come before the first ping, 300 ms
    /// after the handshake.
    private static let authDelay: Duration = .milliseconds(80)
    /// How long a client may take to answer what `ask` asks it.
    private static let patience: Duration = .seconds(5)

    private static func statistics(_ sockets: SocketServer, _ cluster: EchoCluster?, _ links: Links?) -> Response {
        let figures = sockets.statistics
        let text =
            "sessions \(figures.engine.sessions)\nwebsockets \(figures.engine.webSockets)\nsockets \(figures.sockets)\n"
            + "events \(figures.eventsReceived)\ndeliveries \(figures.deliveries)\n"
            + "links \(links?.aliveCount ?? 0)\nrelayed \(links?.statistics.requests ?? 0)\n"
            + "relayed_upgrades \(links?.statistics.upgrades ?? 0)\nrefused \(links?.statistics.refused ?? 0)\n"
        let log = cluster?.log?.statistics ?? RecoveryStatistics()
        let recovery =
            "recovered \(figures.recovered)\nunrecovered \(figures.unrecovered.values.reduce(0, +))\nreplayed \(figures.replayed)\n"
            + "forced_recoveries \(figures.forcedRecoveries)\nlogged \(log.logged)\nlog_reads \(log.reads)\n"
            + "catch_ups \(log.catchUps)\ncaught_up \(log.caughtUp)\nforced_claims \(log.forcedClaims)\n"
            + "breaks \(cluster?.breaks ?? 0)\npromises \(sockets.recovery?.position == nil ? 0 : 1)\n"
        return .text(200, text + recovery)
    }

    private static func signalled() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            var watchers: [SignalWatcher] = []
            let end = {
                guard !watchers.isEmpty else { return }
                for watcher in watchers { watcher.stop() }
                watchers = []
                continuation.resume()
            }
            watchers = [SIGTERM, SIGINT].map { SignalWatcher($0) { end() } }
        }
    }

    private static func say(_ text: String) {
        _ = (text + "\n").withCString { write(STDERR_FILENO, $0, strlen($0)) }
    }
}
