import Glibc
import Synchronization

/// A PostgreSQL server of the test process's own: data and socket in a fresh directory under /tmp, no TCP.
///
/// It needs `initdb`, `pg_ctl` and `psql` of version 15 or newer under /usr/lib/postgresql or in PATH. As root it
/// runs under the user `postgres`, since the server refuses root. It is stopped and its directory removed at the
/// process's exit; a watchdog shell that holds the read end of a pipe does it also when the process is killed.
/// All methods block and may be called from any thread.
public final class PrivatePostgres: Sendable {
    /// How a server is stopped: `fast` ends sessions in order, `immediate` is a crash.
    public enum StopMode: String, Sendable { case fast, immediate }

    /// The server of this process, started at first use, without fsync since its data never outlives the process.
    public static let shared: PrivatePostgres = {
        do {
            return try PrivatePostgres(durable: false)
        } catch {
            // No test that needs a database can go on, and a static cannot throw.
            fatalError("no private PostgreSQL: \(error)")
        }
    }()

    /// The name of the database with PostGIS that `makeDatabase` copies by default.
    public static let postgisTemplate = "template_postgis"
    /// The superuser's name.
    public static let user = "postgres"

    /// The directory that holds the socket, the log and the data.
    public let directory: String
    /// The connection port: part of the socket's name alone.
    public let port = 5432

    private let binaries: PostgresBinaries
    private let durable: Bool
    private let state: Mutex<State>

    private struct State {
        var watchdog: pid_t
        var watchdogPipe: Int32
        var databases = 0
        var templates: Set<String> = []
    }

    private static let running = Mutex<[PrivatePostgres]>([])

    /// Creates and starts a server. `durable` false turns fsync off.
    public init(durable: Bool = true) throws {
        binaries = try PostgresBinaries.find()
        self.durable = durable
        directory = try Self.makeDirectory()
        let (watchdog, pipe) = try Self.startWatchdog(directory: directory, binaries: binaries)
        state = Mutex(State(watchdog: watchdog, watchdogPipe: pipe))
        Self.register(self)
        try runAsServer([
            binaries.tool("initdb"), "-D", "\(directory)/data", "-U", Self.user, "--auth=trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync",
        ])
        try start()
    }

    /// Starts the server after a `stop`; returns when it takes connections.
    public func start() throws {
        var options =
            "-c listen_addresses='' -c unix_socket_directories=\(directory) -c max_connections=200"
            + " -c shared_buffers=64MB -c log_min_messages=warning"
        if !durable { options += " -c fsync=off -c full_page_writes=off -c synchronous_commit=off" }
        try runAsServer([
            binaries.tool("pg_ctl"), "-D", "\(directory)/data", "-l", "\(directory)/log", "-w", "-t", "60", "-o",
            options, "start",
        ])
    }

    /// Stops the server; its data stay.
    public func stop(_ mode: StopMode = .fast) throws {
        try runAsServer([
            binaries.tool("pg_ctl"), "-D", "\(directory)/data", "-w", "-t", "60", "-m", mode.rawValue, "stop",
        ])
    }

    /// Stops the server for good and removes its directory. A second call does nothing.
    public func remove() {
        let (watchdog, pipe) = state.withLock { state in
            defer { state.watchdogPipe = -1 }
            return (state.watchdog, state.watchdogPipe)
        }
        guard pipe >= 0 else { return }
        close(pipe)
        var status: Int32 = 0
        while waitpid(watchdog, &status, 0) < 0, errno == EINTR {}
        Self.running.withLock { $0.removeAll { $0 === self } }
    }

    /// Creates a database of a fresh name as a copy of `template` and returns its name. Nobody may be connected to
    /// the template meanwhile.
    public func makeDatabase(from template: String = PrivatePostgres.postgisTemplate) throws -> String {
        try state.withLock { state in
            if template == Self.postgisTemplate, state.templates.insert(template).inserted {
                try sql("CREATE DATABASE \(template)")
                try sql("CREATE EXTENSION postgis", database: template)
            }
            state.databases += 1
            let name = "test_\(state.databases)"
            try sql("CREATE DATABASE \(name) TEMPLATE \(template)")
            return name
        }
    }

    /// Drops a database, ending its sessions.
    public func dropDatabase(_ name: String) throws {
        try sql("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }

    /// Runs SQL through psql and returns its unaligned output without headers, less the last line feed.
    @discardableResult
    public func sql(_ text: String, database: String = "postgres") throws -> String {
        try runTool([
            binaries.tool("psql"), "-h", directory, "-p", String(port), "-U", Self.user, "-d", database, "-XAtq", "-v",
            "ON_ERROR_STOP=1", "-c", text,
        ])
    }

    /// The connection URL of a database.
    public func url(database: String) -> String {
        "postgres:///\(database)?host=\(directory)&port=\(port)&user=\(Self.user)"
    }

    /// Sends a signal (SIGSTOP, SIGCONT, …) to the postmaster and every backend of it.
    public func signal(_ number: Int32) throws {
        let text = try runTool(["/bin/cat", "\(directory)/data/postmaster.pid"])
        guard let postmaster = text.split(separator: "\n").first.flatMap({ pid_t($0) }) else {
            throw ToolError(message: "postmaster.pid holds no process id")
        }
        let children = (try? runTool(["/usr/bin/pgrep", "-P", String(postmaster)])) ?? ""
        for process in [postmaster] + children.split(separator: "\n").compactMap({ pid_t($0) }) {
            kill(process, number)
        }
    }

    private func runAsServer(_ arguments: [String]) throws {
        try runTool(Self.serverPrefix + arguments, workingDirectory: directory)
    }

    private static let serverPrefix = geteuid() == 0 ? ["/usr/sbin/runuser", "-u", user, "--"] : []

    private static func makeDirectory() throws -> String {
        // Directly under /tmp: a socket's path is bounded by 107 bytes, and TMPDIR may be long.
        var template = Array("/tmp/lm-pg-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ToolError(message: "mkdtemp failed, errno \(errno)") }
        let path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        if geteuid() == 0 {
            guard let account = getpwnam(user) else { throw ToolError(message: "there is no user \(user)") }
            guard chown(path, account.pointee.pw_uid, account.pointee.pw_gid) == 0 else {
                throw ToolError(message: "chown failed, errno \(errno)")
            }
        }
        return path
    }

    private static func startWatchdog(
        directory: String, binaries: PostgresBinaries
    ) throws -> (process: pid_t, pipe: Int32) {
        var ends: [Int32] = [-1, -1]
        // Close-on-exec, since a child that inherited the write end would keep the watchdog from seeing our death.
        // A socket pair takes the flag at once; pipe() and fcntl() would leave a gap for another thread's spawn.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw ToolError(message: "socketpair failed, errno \(errno)")
        }
        let command =
            (["timeout", "20"] + serverPrefix + [binaries.tool("pg_ctl"), "-D", "\(directory)/data"])
            .joined(separator: " ")
        let script = """
            cd /; read -r _
            # A server that a test froze does not hear the stop.
            p=$(head -n 1 '\(directory)/data/postmaster.pid' 2>/dev/null)
            [ -z "$p" ] || { pkill -CONT -P "$p"; kill -CONT "$p"; } 2>/dev/null
            \(command) -m immediate -w stop >/dev/null 2>&1
            rm -rf '\(directory)'
            """
        defer { close(ends[0]) }
        do {
            // A session of its own, since a Ctrl-C or the death of the process group must not reach it.
            let process = try spawn(
                ["/bin/sh", "-c", script], input: ends[0], output: nil, workingDirectory: "/", newSession: true)
            return (process, ends[1])
        } catch {
            close(ends[1])
            throw error
        }
    }

    private static func register(_ server: PrivatePostgres) {
        running.withLock { servers in
            if servers.isEmpty {
                atexit {
                    for server in PrivatePostgres.running.withLock({ $0 }) { server.remove() }
                }
            }
            servers.append(server)
        }
    }
}
