import AllocationCounter
import EventLoop
import Glibc
import Realtime
import Wire

/// HTTP and Socket.IO served on the loop's thread, which counts, to clients that block on the main thread.
final class Servers {
    struct Operation {
        let name: String
        /// How many operations one run is.
        let operations: Int
        let run: () -> Void
    }

    private static let roomSize = 50

    private let port: Int

    init() throws {
        Loop.runInBackground()
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw BlockingSocket.Failure(call: "pipe") }
        let writing = ends[1]
        Loop.spawn {
            var port = Int32((try? Self.serve()) ?? -1)
            _ = write(writing, &port, MemoryLayout<Int32>.size)
        }
        var answer: Int32 = -1
        guard read(ends[0], &answer, MemoryLayout<Int32>.size) == MemoryLayout<Int32>.size, answer > 0 else {
            throw BlockingSocket.Failure(call: "listen")
        }
        port = Int(answer)
    }

    /// Serves until the process ends.
    @Loop private static func serve() throws(LoopError) -> Int {
        allocation_counter_include_this_thread(true)
        let sockets = SocketServer(options: SocketServerOptions())
        let namespace = sockets.namespace("/")
        namespace.onBorrowed("echo") { _, event in event.acknowledgeWithArguments() }
        namespace.on("handled") { _, event in event.acknowledge(event.arguments) }
        namespace.on("join") { socket, event in
            socket.join("room")
            event.acknowledge([])
        }
        namespace.on("publish") { _, event in
            namespace.to("room").emit("order_status_update", json: event.arguments)
            event.acknowledge([])
        }
        let router = Router()
        let body = Array("{\"status\":\"ok\"}".utf8)
        router.onNow(.get, "/now") { _ in .json(200, body) }
        router.on(.get, "/task") { _ in .json(200, body) }
        let server = HTTPServer(router: router, errorBody: { .text($0.status, $0.detail) }, upgrade: sockets)
        running = (server, sockets)
        return try server.listen(host: "127.0.0.1", port: 0)
    }

    @Loop private static var running: (HTTPServer, SocketServer)?

    func all() throws -> [Operation] {
        [
            try request("http.on-now", "/now"), try request("http.on", "/task"),
            try acknowledged("socketio.echo.ack", "42#[\"echo\",{\"lat\":48.8566,\"lng\":2.3522}]"),
            try acknowledged("socketio.event.ack", "42#[\"handled\",{\"lat\":48.8566,\"lng\":2.3522}]"),
            try broadcast(),
        ]
    }

    private func request(_ name: String, _ path: String) throws -> Operation {
        let client = try BlockingSocket(port: port)
        let head = Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n".utf8)
        return Operation(name: name, operations: 1) {
            client.send(head)
            client.receive()
        }
    }

    private func acknowledged(_ name: String, _ packet: String) throws -> Operation {
        let client = try socket()
        let frame = Self.frame(packet.replacing("#", with: "7"))
        return Operation(name: name, operations: 1) {
            client.send(frame)
            client.receive()
        }
    }

    /// One event to a room: allocations for each member that gets it.
    private func broadcast() throws -> Operation {
        let members = try (0..<Self.roomSize).map { _ in try socket() }
        for member in members {
            member.send(Self.frame("421[\"join\"]"))
            member.receive()
        }
        let publisher = try socket()
        let frame = Self.frame("422[\"publish\",{\"orderId\":\"0193\",\"seq\":3,\"status\":\"ACCEPTED\"}]")
        return Operation(name: "socketio.broadcast.delivery", operations: Self.roomSize) {
            publisher.send(frame)
            publisher.receive()
            for member in members { member.receive() }
        }
    }

    /// A WebSocket client past CONNECT.
    private func socket() throws -> BlockingSocket {
        let client = try BlockingSocket(port: port)
        client.send(
            Array(
                ("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                    + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n").utf8))
        client.receive(until: "maxPayload")
        client.send(Self.frame("40"))
        client.receive(until: "40{")
        return client
    }

    private static func frame(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        WebSocketEncoder.appendMaskedFrame(.text, Array(text.utf8), mask: 0x1234_5678, to: &bytes)
        return bytes
    }
}
