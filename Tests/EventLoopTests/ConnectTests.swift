import EventLoop
import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ConnectTests {
    @Test func `a port nobody listens on refuses`() async throws {
        try await onLoop {
            let silent = RawListener(pending: nil)
            await #expect(throws: LoopError.system(operation: "connect", code: ECONNREFUSED)) {
                _ = try await Stream.connect(host: "127.0.0.1", port: silent.port, timeout: .seconds(5))
            }
        }
    }

    @Test func `a host that does not answer runs into the deadline`() async throws {
        try await onLoop {
            let deaf = RawListener(pending: 3)
            await #expect(throws: LoopError.timedOut(operation: "connect")) {
                _ = try await Stream.connect(host: "127.0.0.1", port: deaf.port, timeout: .milliseconds(20))
            }
        }
    }

    @Test func `cancelling a connect ends it at once`() async throws {
        try await onLoop {
            let deaf = RawListener(pending: 3)
            let trace = Trace()
            let task = Loop.start {
                do throws(LoopError) {
                    _ = try await Stream.connect(host: "127.0.0.1", port: deaf.port, timeout: .seconds(60))
                } catch {
                    trace.add(error.description)
                }
            }
            task.cancel()
            await task.value
            #expect(trace.entries == ["cancelled"])
        }
    }

    @Test func `a connect in a cancelled task does not begin`() async throws {
        try await onLoop {
            let task = Loop.spawn {
                await #expect(throws: LoopError.cancelled) {
                    _ = try await Stream.connect(host: "127.0.0.1", port: 1, timeout: .seconds(60))
                }
            }
            task.cancel()
            await task.value
        }
    }

    @Test func `a missing socket file is an error of the system`() async throws {
        try await onLoop {
            await #expect(throws: LoopError.system(operation: "connect", code: ENOENT)) {
                _ = try await Stream.connect(unixPath: temporarySocketPath(), timeout: .seconds(5))
            }
        }
    }

    @Test(arguments: [("", 80), ("127.0.0.1", 0), ("127.0.0.1", 70000)])
    func `what is no address is refused`(host: String, port: Int) async throws {
        try await onLoop {
            await #expect(throws: LoopError.badAddress("\(host):\(port)")) {
                _ = try await Stream.connect(host: host, port: port, timeout: .seconds(5))
            }
        }
    }

    @Test func `names go through the resolver`() async throws {
        try await onLoop {
            let accepted = Accepted()
            let listener = try Listener.tcp(host: "127.0.0.1", port: 0) { accepted.add($0) }
            // The resolver knows this spelling; the numeric parser does not.
            let client = try await Stream.connect(host: "127.1", port: listener.port, timeout: .seconds(5))
            let server = await accepted.next()
            #expect(client.remoteAddress == "127.0.0.1")
            client.close(.local)
            server.close(.local)
            listener.close()
        }
    }
}

/// A bound socket that does not listen, or listens with a backlog so full that further connects hang.
@Loop
private final class RawListener {
    let port: Int
    private let descriptors: [Int32]

    init(pending: Int?) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var descriptors = [listener]
        withUnsafeMutablePointer(to: &address) { address in
            let raw = UnsafeMutableRawPointer(address).assumingMemoryBound(to: sockaddr.self)
            bind(listener, raw, length)
            getsockname(listener, raw, &length)
            guard let pending else { return }
            listen(listener, 0)
            for _ in 0..<pending {
                let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
                connect(client, raw, length)
                descriptors.append(client)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        self.descriptors = descriptors
    }

    isolated deinit {
        for descriptor in descriptors { close(descriptor) }
    }
}
