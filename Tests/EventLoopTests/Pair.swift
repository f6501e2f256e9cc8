import EventLoop
import Glibc
import TestSupport
import Testing

/// Two connected streams, both ends on the loop, each with a recorder.
@Loop
struct Pair {
    let client: Stream
    let server: Stream
    let clientSide = Recorder()
    let serverSide = Recorder()

    static func tcp() async throws -> Pair {
        let accepted = Accepted()
        let listener = try Listener.tcp(host: "127.0.0.1", port: 0) { accepted.add($0) }
        defer { listener.close() }
        let client = try await Stream.connect(host: "127.0.0.1", port: listener.port, timeout: .seconds(5))
        return Pair(client: client, server: await accepted.next())
    }

    static func unix() async throws -> Pair {
        let accepted = Accepted()
        let path = temporarySocketPath()
        let listener = try Listener.unix(path: path) { accepted.add($0) }
        defer { listener.close() }
        let client = try await Stream.connect(unixPath: path, timeout: .seconds(5))
        return Pair(client: client, server: await accepted.next())
    }

    private init(client: Stream, server: Stream) {
        self.client = client
        self.server = server
        client.handler = clientSide
        server.handler = serverSide
    }

    func close() async {
        client.close(.local)
        server.close(.local)
        await clientSide.wait { !$0.closings.isEmpty }
        await serverSide.wait { !$0.closings.isEmpty }
    }
}

/// Streams in the order a listener took them.
@Loop
final class Accepted {
    private(set) var streams: [Stream] = []
    private var waiter: CheckedContinuation<Stream, Never>?

    func add(_ stream: Stream) {
        if let waiter {
            self.waiter = nil
            waiter.resume(returning: stream)
        } else {
            streams.append(stream)
        }
    }

    func next() async -> Stream {
        if !streams.isEmpty { return streams.removeFirst() }
        return await withCheckedContinuation { waiter = $0 }
    }
}

func temporarySocketPath() -> String {
    "/tmp/loop-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
}

/// Bytes no two blocks of which are alike, made a block at a time: the loop all tests share must not be kept busy.
func pattern(_ count: Int) -> [UInt8] {
    var block = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + block.count)
    while bytes.count < count {
        let number = bytes.count / block.count
        block[0] = UInt8(truncatingIfNeeded: number)
        block[1] = UInt8(truncatingIfNeeded: number >> 8)
        bytes.append(contentsOf: block)
    }
    bytes.removeLast(bytes.count - count)
    return bytes
}
