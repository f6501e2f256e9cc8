import EventLoop
import Glibc
import Wire

/// Generates the load of one benchmark over sockets and prints what it counted, as one JSON object a line.
///
/// - `idle` opens sockets, prints `{"ready": N}`, and keeps them until its standard input ends.
/// - `positions`: every person sends a position, waits for its ack, sends the next, for `--seconds`; prints counts, then the
///   last acknowledged latitude of each.
/// - `accept`: one driver, on duty, accepts each offer as it comes and prints how long its ack took; it takes the order
///   through to its end so that it is free for the next.
/// - `echo`, `fanout`, `rooms`, `delivery`, `handshakes`, `connections` need no accounts: they are for any server that has the events
///   of `RealtimeEcho`. Each prints `{"ready":true}` and then plays a round of as many seconds as each line of its standard
///   input says, until that ends. `connections` only holds its sockets.
@Loop
enum LoadGenerator {
    nonisolated static func main() {
        guard let settings = LoadSettings(CommandLine.arguments) else { exit(2) }
        let status = Loop.run { () -> Int32 in
            do throws(LoadFailure) {
                switch settings.mode {
                case .idle: try await idle(settings)
                case .positions: try await PositionLoad(settings).run()
                case .accept: try await AcceptLoad(settings).run()
                case .echo: try await EchoLoad(settings).run()
                case .fanout: try await FanoutLoad(settings).run()
                case .rooms: try await RoomsLoad(settings).run()
                case .delivery: try await DeliveryLoad(settings).run()
                case .handshakes: try await HandshakeLoad(settings).run()
                case .connections: try await connections(settings)
                }
                return 0
            } catch {
                say("\(error)")
                return 1
            }
        }
        exit(status)
    }

    nonisolated static func say(_ text: String) {
        _ = (text + "\n").withCString { write(STDERR_FILENO, $0, strlen($0)) }
    }

    nonisolated static func put(_ text: String) {
        _ = (text + "\n").withCString { write(STDOUT_FILENO, $0, strlen($0)) }
    }

    /// Handshakes under way at once: enough to be quick, few enough for any backlog.
    private static let handshakesAtOnce = 64

    /// Opens `count` sockets; the people take turns.
    static func connect(
        _ settings: LoadSettings, count: Int
    ) async throws(LoadFailure) -> [LoadClient] {
        let clients = (0..<count).map { LoadClient(token: settings.people[$0 % settings.people.count].token) }
        var start = 0
        while start < count {
            let wave = clients[start..<min(start + handshakesAtOnce, count)]
            var problem: LoadFailure?
            var open = wave.count
            await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
                for client in wave {
                    Loop.start {
                        do throws(LoadFailure) {
                            try await client.connect(port: settings.port)
                        } catch {
                            problem = error
                        }
                        open -= 1
                        if open == 0 { done.resume() }
                    }
                }
            }
            if let problem { throw problem }
            start += handshakesAtOnce
        }
        return clients
    }

    private static func idle(_ settings: LoadSettings) async throws(LoadFailure) {
        let clients = try await connect(settings, count: settings.sockets)
        var lost = 0
        for client in clients { client.onClosed = { _ in lost += 1 } }
        put("{\"ready\":\(clients.count)}")
        await standardInputEnds()
        put("{\"lost\":\(lost)}")
    }

    private static func connections(_ settings: LoadSettings) async throws(LoadFailure) {
        let clients = try await EdgeClients.connect(settings.sockets, port: settings.port)
        var lost = 0
        for client in clients { client.onClosed = { _ in lost += 1 } }
        put("{\"ready\":true}")
        await standardInputEnds()
        put("{\"lost\":\(lost)}")
    }

    /// Whoever started us closes it to end us.
    private static func standardInputEnds() async {
        guard let poll = try? Poll(fileDescriptor: STDIN_FILENO) else { return }
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            poll.start(.readable) { _ in
                var byte: UInt8 = 0
                guard read(STDIN_FILENO, &byte, 1) == 0 else { return }
                poll.stop()
                done.resume()
            }
        }
    }
}
