import EventLoop
import Wire

/// Keep-alive connections to the door, a bounded number; who finds none free waits in line.
@Loop
final class HTTPPool {
    let door: Door
    private var idle: [HTTPConnection] = []
    private var open = 0
    private var line: [CheckedContinuation<Void, Never>] = []
    private var lineStart = 0

    /// Enough to keep a few nodes busy, far below what Nginx takes.
    static let maximumConnections = 64
    private static let connectTimeout: Duration = .seconds(5)

    init(door: Door) { self.door = door }

    /// One exchange. Throws `.unreachable` when nothing was sent, `.outcomeUnknown` when it may have been.
    func send(
        _ method: HTTPMethod, _ target: String, headers: HTTPHeaders, body: [UInt8], timeout: Duration
    ) async throws(ReplayError) -> HTTPReply {
        var bytes: [UInt8] = []
        do throws(WireError) {
            var headers = headers
            headers.append("Host", door.authority)
            if !body.isEmpty { headers.append("Content-Type", "application/json") }
            let bodiless = body.isEmpty && (method == .get || method == .head || method == .delete)
            try HTTPEncoder.appendHead(
                method: method, target: target, headers: headers,
                framing: bodiless ? .none : .length(body.count), to: &bytes)
        } catch {
            throw .refused("cannot ask \(target): \(error)")
        }
        bytes += body
        let connection = try await take()
        do throws(ReplayError) {
            let reply = try await connection.exchange(bytes, method: method, timeout: timeout)
            give(connection)
            return reply
        } catch {
            give(connection)
            throw error
        }
    }

    private func take() async throws(ReplayError) -> HTTPConnection {
        while open >= Self.maximumConnections, idle.isEmpty {
            await withCheckedContinuation { line.append($0) }
        }
        while let connection = idle.popLast() {
            if !connection.isClosed { return connection }
            open -= 1
        }
        open += 1
        do throws(LoopError) {
            let stream = try await Stream.connect(
                host: door.host, port: door.port, timeout: Self.connectTimeout)
            return HTTPConnection(stream)
        } catch {
            open -= 1
            wakeNext()
            throw .unreachable("nothing answers at http://\(door.authority): \(error)")
        }
    }

    private func give(_ connection: HTTPConnection) {
        if connection.isClosed { open -= 1 } else { idle.append(connection) }
        wakeNext()
    }

    private func wakeNext() {
        guard lineStart < line.count else { return }
        let next = line[lineStart]
        lineStart += 1
        if lineStart == line.count {
            line.removeAll(keepingCapacity: true)
            lineStart = 0
        }
        next.resume()
    }

    /// Closes what is idle; for the end.
    func close() {
        for connection in idle { connection.close() }
        idle = []
    }
}
