import EventLoop
import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ListenerTests {
    @Test func `port 0 takes a free port and says which`() async throws {
        try await onLoop {
            let listener = try Listener.tcp(host: "127.0.0.1", port: 0) { _ in }
            #expect((1...65535).contains(listener.port))
            listener.close()
            listener.close()
        }
    }

    @Test func `a taken port is refused unless both share it`() async throws {
        try await onLoop {
            let alone = try Listener.tcp(host: "127.0.0.1", port: 0) { _ in }
            #expect(throws: LoopError.self) {
                try Listener.tcp(host: "127.0.0.1", port: alone.port) { _ in }
            }
            let first = try Listener.tcp(host: "127.0.0.1", port: 0, reusePort: true) { _ in }
            let second = try Listener.tcp(host: "127.0.0.1", port: first.port, reusePort: true) { _ in }
            #expect(second.port == first.port)
            for listener in [alone, first, second] { listener.close() }
        }
    }

    @Test(arguments: ["example.test", "", "300.1.1.1"])
    func `a host that is not numeric is refused`(host: String) async throws {
        try await onLoop {
            #expect(throws: LoopError.badAddress("\(host):0")) { try Listener.tcp(host: host, port: 0) { _ in } }
        }
    }

    @Test func `more connections than one turn accepts are all accepted`() async throws {
        try await onLoop {
            let accepted = Accepted()
            let listener = try Listener.tcp(host: "127.0.0.1", port: 0) { accepted.add($0) }
            let port = listener.port
            let clients = await withTaskGroup(of: Stream?.self) { group in
                for _ in 0..<200 {
                    group.addTask { try? await Stream.connect(host: "127.0.0.1", port: port, timeout: .seconds(5)) }
                }
                var clients: [Stream] = []
                for await client in group { if let client { clients.append(client) } }
                return clients
            }
            #expect(clients.count == 200)
            for _ in 0..<200 { await accepted.next().close(.local) }
            for client in clients { client.close(.local) }
            listener.close()
        }
    }

    @Test func `a paused listener accepts once it resumes`() async throws {
        try await onLoop {
            let accepted = Accepted()
            let listener = try Listener.tcp(host: "127.0.0.1", port: 0) { accepted.add($0) }
            listener.pauseAccepting()
            var clients: [Stream] = []
            for _ in 0..<3 {
                clients.append(
                    try await Stream.connect(host: "127.0.0.1", port: listener.port, timeout: .seconds(5)))
            }
            try await SystemTiming.shared.sleep(for: .milliseconds(2))
            #expect(accepted.streams.isEmpty)
            listener.resumeAccepting()
            for _ in 0..<3 { await accepted.next().close(.local) }
            for client in clients { client.close(.local) }
            listener.close()
        }
    }

    @Test func `a socket file left by a dead process is replaced, one in use is not`() async throws {
        try await onLoop {
            let path = temporarySocketPath()
            leaveSocketFile(path)
            let listener = try Listener.unix(path: path) { $0.close(.local) }
            #expect(throws: LoopError.system(operation: "bind", code: EADDRINUSE)) {
                try Listener.unix(path: path) { _ in }
            }
            let client = try await Stream.connect(unixPath: path, timeout: .seconds(5))
            client.close(.local)
            listener.close()
            #expect(access(path, F_OK) != 0)
        }
    }

    @Test func `a socket path is as long as the system allows`() async throws {
        try await onLoop {
            let long = "/tmp/" + String(repeating: "x", count: 103)
            #expect(throws: LoopError.badAddress(long)) { try Listener.unix(path: long) { _ in } }
            #expect(throws: LoopError.badAddress("")) { try Listener.unix(path: "") { _ in } }
            #expect(throws: LoopError.badAddress("a\0b")) { try Listener.unix(path: "a\0b") { _ in } }
        }
    }

    @Test func `a socket file takes the permissions asked for`() async throws {
        try await onLoop {
            let path = temporarySocketPath()
            let listener = try Listener.unix(path: path, permissions: 0o600) { _ in }
            var status = stat()
            #expect(lstat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            listener.close()
        }
    }

    @Test func `addresses are told without port, mapped ones as IPv4`() async throws {
        try await onLoop {
            let accepted = Accepted()
            guard let listener = try? Listener.tcp(host: "::", port: 0, onAccept: { accepted.add($0) }) else {
                try Test.cancel("no IPv6 here")
            }
            let client = try await Stream.connect(host: "127.0.0.1", port: listener.port, timeout: .seconds(5))
            let server = await accepted.next()
            #expect(server.remoteAddress == "127.0.0.1")
            client.close(.local)
            server.close(.local)
            #expect(server.remoteAddress == "127.0.0.1")
            listener.close()
        }
    }
}

private func leaveSocketFile(_ path: String) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    withUnsafePointer(to: address) { address in
        _ = bind(
            descriptor, UnsafeRawPointer(address).assumingMemoryBound(to: sockaddr.self),
            socklen_t(MemoryLayout<sockaddr_un>.size))
    }
    close(descriptor)
}
