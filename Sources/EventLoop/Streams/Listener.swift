import CLibuv
import Glibc

/// A listening TCP or Unix socket.
///
/// Lives until closed. A stream handed to `onAccept` is open and reads once it has a handler.
@Loop
public final class Listener {
    /// Connections accepted in one turn before others get theirs; the rest wait in the system's backlog.
    static let acceptsPerTurn = 64
    /// `sockaddr_un.sun_path` less its terminating zero, in bytes.
    static let maximumPathLength = 107

    private let handle: UnsafeMutablePointer<uv_stream_t>
    private let isTCP: Bool
    private let onAccept: @Loop (Stream) -> Void
    /// The port bound to; 0 for Unix sockets.
    public private(set) var port = 0
    private var isClosing = false
    private var isPaused = false
    /// libuv holds one accepted connection until it is taken, and accepts no further meanwhile.
    private var hasWaiting = false
    private var batchTurn: UInt64 = 0
    private var batchCount = 0

    private init(tcp: Bool, onAccept: @escaping @Loop (Stream) -> Void) {
        isTCP = tcp
        self.onAccept = onAccept
        let loop = LoopCore.shared.loop
        if tcp {
            let handle = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
            uv_tcp_init(loop, handle)
            self.handle = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
        } else {
            let handle = UnsafeMutablePointer<uv_pipe_t>.allocate(capacity: 1)
            uv_pipe_init(loop, handle, 0)
            self.handle = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
        }
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    // MARK: Making

    /// Listens on a numeric host (or "localhost"); port 0 takes a free one, which `port` then tells.
    ///
    /// - Parameter reusePort: several processes may bind the same port, and the kernel spreads connections over them.
    public static func tcp(
        host: String, port: Int, backlog: Int = 1024, reusePort: Bool = false,
        onAccept: @escaping @Loop (Stream) -> Void
    ) throws(LoopError) -> Listener {
        guard let address = SocketAddress(host: host, port: port) else { throw .badAddress("\(host):\(port)") }
        let listener = Listener(tcp: true, onAccept: onAccept)
        do throws(LoopError) {
            try listener.bind(address, reusePort: reusePort)
            try listener.listen(backlog)
        } catch {
            listener.close()
            throw error
        }
        return listener
    }

    /// Listens on a Unix socket, taking the place of a socket file nobody listens on any more. Closing removes the file.
    ///
    /// - Parameter permissions: of the socket file; the group is meant for the proxy in front.
    public static func unix(
        path: String, backlog: Int = 1024, permissions: UInt32 = 0o660, onAccept: @escaping @Loop (Stream) -> Void
    ) throws(LoopError) -> Listener {
        guard isValidPath(path) else { throw .badAddress(path) }
        let listener = Listener(tcp: false, onAccept: onAccept)
        do throws(LoopError) {
            if isAbandoned(path) { unlink(path) }
            let pipe = UnsafeMutableRawPointer(listener.handle).assumingMemoryBound(to: uv_pipe_t.self)
            try LoopError.check(uv_pipe_bind(pipe, path), "bind")
            if chmod(path, permissions) != 0 { throw .system(operation: "chmod", code: errno) }
            try listener.listen(backlog)
        } catch {
            listener.close()
            throw error
        }
        return listener
    }

    static func isValidPath(_ path: String) -> Bool {
        (1...maximumPathLength).contains(path.utf8.count) && !path.utf8.contains(0)
    }

    /// Whether a socket file is there but refuses connections, as after a crash.
    private static func isAbandoned(_ path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return false }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard probe >= 0 else { return false }
        defer { _ = Glibc.close(probe) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let connected = withUnsafePointer(to: address) { address in
            connect(
                probe, UnsafeRawPointer(address).assumingMemoryBound(to: sockaddr.self),
                socklen_t(MemoryLayout<sockaddr_un>.size))
        }
        return connected != 0 && errno == ECONNREFUSED
    }

    private func bind(_ address: SocketAddress, reusePort: Bool) throws(LoopError) {
        let tcp = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_tcp_t.self)
        if reusePort {
            // The option must be set before binding, so the socket is made here rather than by libuv.
            let descriptor = socket(
                address.family,
                Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { throw .system(operation: "socket", code: errno) }
            var on: Int32 = 1
            guard setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, socklen_t(MemoryLayout<Int32>.size)) == 0
            else {
                let code = errno
                _ = Glibc.close(descriptor)
                throw .system(operation: "reuseport", code: code)
            }
            let status = uv_tcp_open(tcp, descriptor)
            if status < 0 { _ = Glibc.close(descriptor) }
            try LoopError.check(status, "open")
        }
        try LoopError.check(address.withPointer { uv_tcp_bind(tcp, $0, 0) }, "bind")
        // Accepted sockets inherit the option on Linux, which saves a system call each.
        try LoopError.check(uv_tcp_nodelay(tcp, 1), "nodelay")
        port = SocketAddress.local(of: tcp)?.port ?? 0
    }

    private func listen(_ backlog: Int) throws(LoopError) {
        let status = uv_listen(handle, Int32(clamping: backlog)) { handle, status in
            let listener = Unmanaged<Listener>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
            LoopCore.shared.servesEvent()
            if status < 0 {
                LoopCore.shared.acceptFailed()
            } else {
                listener.hasWaiting = true
                listener.accept()
            }
        }
        try LoopError.check(status, "listen")
    }

    // MARK: Accepting

    private func accept() {
        guard hasWaiting, !isPaused, !isClosing else { return }
        let turn = LoopCore.shared.turn
        if turn != batchTurn {
            batchTurn = turn
            batchCount = 0
        }
        guard batchCount < Self.acceptsPerTurn else {
            SystemTiming.shared.after(.zero) { [weak self] in self?.accept() }
            return
        }
        batchCount += 1
        hasWaiting = false
        let stream = isTCP ? Stream(tcp: ()) : Stream(unix: ())
        let status = uv_accept(handle, stream.handle)
        if status < 0 {
            LoopCore.shared.acceptFailed()
            stream.close(StreamCloseReason(status: status, operation: "accept"))
        } else {
            onAccept(stream)
        }
    }

    /// Leaves new connections in the system's backlog (but for one, which libuv may have taken already and which waits
    /// for `resumeAccepting` or is closed by `close`).
    public func pauseAccepting() {
        isPaused = true
    }

    /// Undoes `pauseAccepting`.
    public func resumeAccepting() {
        isPaused = false
        accept()
    }

    /// Stops listening; accepted streams are not touched. Idempotent.
    public func close() {
        guard !isClosing else { return }
        isClosing = true
        let raw = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
        uv_close(raw) { raw in
            let listener = Unmanaged<Listener>.fromOpaque(raw!.pointee.data).takeRetainedValue()
            UnsafeMutableRawPointer(listener.handle).deallocate()
        }
    }
}
