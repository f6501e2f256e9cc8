import EventLoop
import Glibc
import TestSupport

@testable import Redis

/// A peer that answers as the test says, for what a real server does not do on demand. Handshakes are answered well
/// unless `answer` says otherwise.
@Loop
final class FakeRedis: StreamHandler {
    /// The bytes to answer a command with, "" for none; nil leaves it to the default.
    var answer: ([String]) -> String? = { _ in nil }
    /// Every command received, its name first.
    private(set) var commands: [[String]] = []
    let received = Occurrences()
    let path: String
    private var listener: Listener?
    private var stream: Stream?
    private var reader = ReplyReader()

    init() throws {
        path = "/tmp/lm-fake-redis-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
        listener = try Listener.unix(path: path) { [weak self] in self?.accepted($0) }
    }

    /// The path is free again.
    func close() {
        listener?.close()
        stream?.close(.local)
        unlink(path)
    }

    /// Pushes bytes to whoever connected last.
    func push(_ text: String) { stream?.write(Array(text.utf8)) }

    private func accepted(_ stream: Stream) {
        self.stream = stream
        reader = ReplyReader()
        stream.handler = self
    }

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        do {
            try reader.feed(bytes)
            while let command = try reader.next()?.elements?.compactMap(\.text) {
                commands.append(command)
                push(answer(command) ?? Self.defaultAnswer(command))
                received.note()
            }
        } catch {
            stream?.close(.local)
        }
    }

    func streamReachedEnd() { stream?.close(.local) }
    func streamDrained() {}
    func streamClosed(_ reason: StreamCloseReason) {}

    private static func defaultAnswer(_ command: [String]) -> String {
        switch command {
        case ["INFO", "server"]: "$10\r\nrun_id:abc\r\n"
        case ["INFO", "replication"]: "$17\r\nmaster_replid:def\r\n"
        case ["CONFIG", "GET", "maxmemory-policy"]: "*0\r\n"
        case ["PING"]: "+PONG\r\n"
        default: "+OK\r\n"
        }
    }
}
