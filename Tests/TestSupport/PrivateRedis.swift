import Glibc
import Synchronization

/// A Redis server of the test process's own, on a Unix socket in a fresh directory under /tmp and, if asked, on a free
/// TCP port of 127.0.0.1. It keeps nothing on disk: whenever it starts it is empty.
///
/// A keeper shell starts it, and ends it and removes the directory as soon as the test process lets go of the socket
/// to that shell: by `remove`, when the object goes, at exit, or killed. Methods block, for milliseconds, and may be
/// called from any thread.
public final class PrivateRedis: Sendable {
    public let directory: String
    /// nil without TCP.
    public let port: Int?
    /// Where the server listens, in any case.
    public var socketPath: String { "\(directory)/redis.sock" }
    /// The same as a URL of the driver.
    public var url: String { "unix://\(socketPath)" }

    private let arguments: [String]
    private let state: Mutex<State>

    fileprivate struct State {
        /// This end of the socket to the keeper; -1 once removed.
        var keeper: Int32
        var keeperProcess: pid_t
        var server: pid_t = 0
        var unread: [UInt8] = []
    }

    /// Creates the directory and starts the server; returns when it takes connections.
    ///
    /// - Parameter arguments: further ones of redis-server, such as `["--requirepass", "secret"]`; no spaces in them.
    public init(tcp: Bool = false, arguments: [String] = []) throws {
        var template = Array("/tmp/lm-redis-XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { throw ToolError(message: "mkdtemp failed, errno \(errno)") }
        directory = String(cString: path)
        port = tcp ? try Self.freePort() : nil
        self.arguments = arguments
        let (socket, process) = try Self.startKeeper(directory: directory)
        state = Mutex(State(keeper: socket, keeperProcess: process))
        try start()
    }

    deinit { remove() }

    /// Starts the server after `kill`, empty.
    public func start() throws {
        let words =
            [
                "--port", String(port ?? 0), "--bind", "127.0.0.1", "--unixsocket", socketPath, "--save", "''",
                "--appendonly", "no", "--loglevel", "notice",
            ] + arguments
        try state.withLock { state in
            try state.write("start \(words.joined(separator: " "))\n")
            let line = try state.line()
            guard line.hasPrefix("pid "), let process = pid_t(line.dropFirst(4)) else {
                throw ToolError(message: "redis-server does not start: \(line)")
            }
            state.server = process
            let next = try state.line()
            guard next == "ready" else { throw ToolError(message: "redis-server does not come up: \(next)") }
        }
    }

    /// Kills the server and waits until it is gone; a paused one too.
    public func kill() throws {
        try state.withLock { state in
            Glibc.kill(state.server, SIGKILL)
            while try state.line() != "gone" {}
            state.server = 0
        }
    }

    /// SIGSTOP; returns when the kernel has stopped it. Connections stay, and new ones are still taken by the kernel.
    public func pause() throws {
        let server = state.withLock { $0.server }
        Glibc.kill(server, SIGSTOP)
        while try Self.processState(server) != "T" { sched_yield() }
    }

    /// SIGCONT.
    public func resume() {
        Glibc.kill(state.withLock { $0.server }, SIGCONT)
    }

    /// Runs one command with redis-cli and returns what it printed.
    @discardableResult
    public func cli(_ words: String...) throws -> String {
        try runTool(["/usr/bin/redis-cli", "-s", socketPath] + words)
    }

    /// Ends the server for good. A second call does nothing.
    public func remove() {
        state.withLock { state in
            guard state.keeper >= 0 else { return }
            close(state.keeper)
            state.keeper = -1
            var status: Int32 = 0
            while waitpid(state.keeperProcess, &status, 0) < 0, errno == EINTR {}
        }
    }

    /// Reads commands until the other end closes. Each server's log goes through a loop, so that it never blocks on it.
    private static let keeperScript = """
        # What the shell itself says about a killed child is no answer.
        exec 2>/dev/null
        cd "$1" || exit 1
        while read -r verb words; do
          {
            sh -c 'echo $$ > pid; echo "pid $$" >&3; eval exec redis-server "$1" "3>&-"' - "$words" 2>&1 | {
              told=
              while read -r line; do
                case $told$line in
                  *'eady to accept connections'*) [ "$told" ] || echo ready >&3; told=1 ;;
                esac
              done
              rm -f pid
              echo gone >&3
            }
          } 3>&1 &
        done
        [ -s pid ] && kill -9 "$(cat pid)"
        rm -rf "$1"
        """

    private static func startKeeper(directory: String) throws -> (socket: Int32, process: pid_t) {
        var ends: [Int32] = [-1, -1]
        // Close-on-exec at once: a child that inherited our end would keep the keeper from seeing our death.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw ToolError(message: "socketpair failed, errno \(errno)")
        }
        defer { close(ends[0]) }
        // A session of its own, since a Ctrl-C must not reach the keeper before it has cleaned up.
        let process = try spawn(
            ["/bin/sh", "-c", keeperScript, "keeper", directory], input: ends[0], output: ends[0],
            workingDirectory: "/", newSession: true)
        return (ends[1], process)
    }

    private static func freePort() throws -> Int {
        let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(probe) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(probe, $0, length) != 0 || getsockname(probe, $0, &length) != 0
            }
        }
        guard !failed else { throw ToolError(message: "no free port, errno \(errno)") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// The one-letter state of a process, from /proc.
    private static func processState(_ process: pid_t) throws -> Character {
        let file = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw ToolError(message: "no process \(process)") }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(file, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        // The state follows the program's name in brackets.
        return text.split(separator: ")").last?.dropFirst().first ?? "?"
    }
}

extension PrivateRedis.State {
    func write(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard send(keeper, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw ToolError(message: "the keeper of redis-server is gone, errno \(errno)")
        }
    }

    mutating func line() throws -> String {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread.removeSubrange(...end) }
                return String(decoding: unread[..<end], as: UTF8.self)
            }
            var bytes = [UInt8](repeating: 0, count: 256)
            let count = read(keeper, &bytes, bytes.count)
            guard count > 0 || errno == EINTR else {
                throw ToolError(message: "the keeper of redis-server is gone, errno \(errno)")
            }
            unread += bytes.prefix(max(0, count))
        }
    }
}
