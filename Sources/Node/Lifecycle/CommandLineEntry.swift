import Cluster
import Crypto
import EventLoop
import Glibc
import Postgres
import Services
import Store
import Telemetry

/// What the executable does: serve, or one of the operator's small commands.
@Loop
enum CommandLineEntry {
    static func run() async -> Int32 {
        // A peer that goes away is an error of that write, not the end of the node.
        signal(SIGPIPE, SIG_IGN)
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "--version" {
            say("lastmile-node \(Application.version)")
            return 0
        }
        let configuration: Configuration
        let settings = Environment.read()
        do throws(Settings.Failure) {
            configuration = try Configuration(settings)
        } catch {
            complain("\(error)")
            return 78  // EX_CONFIG (sysexits.h)
        }
        let sink = LogSink()
        sink.deferFlush { Loop.perform { flush(sink) } }
        let log = Log(level: configuration.logLevel, node: configuration.nodeID, sink: sink)
        defer { sink.flushAtExit() }
        let application: Application
        do throws(ClusterError) {
            application = try Application(configuration, log: log)
        } catch {
            complain("cannot begin: \(error)")
            return 71  // EX_OSERR
        }
        switch arguments.first {
        case nil: return await serve(application, settings, log)
        case "migrate": return await once(application) { try await application.store.migrate() }
        case "admin" where arguments.count == 3 && arguments[1] == "create":
            return await once(application) {
                try await application.store.migrate()
                let given = settings["LASTMILE_ADMIN_PASSWORD"]
                let password = try given ?? Base64URL.encode(randomBytes(madePasswordBytes))
                let id = try await application.accounts.createAdmin(email: arguments[2], password: password)
                say("made ADMIN \(arguments[2]) (\(id))")
                if given == nil { say("password: \(password)") }
            }
        default:
            complain("usage: lastmile-node [--version | migrate | admin create EMAIL]")
            return 64  // EX_USAGE
        }
    }

    /// Between two tries to write a log to a reader that is slow.
    private static let flushRetry: Duration = .milliseconds(20)

    private static func flush(_ sink: LogSink) {
        Loop.atTurnEnd {
            guard !sink.flush() else { return }
            _ = SystemTiming.shared.after(flushRetry) { flush(sink) }
        }
    }

    private static func serve(_ application: Application, _ settings: Settings, _ log: Log) async -> Int32 {
        let ending = Ending()
        let watchers = [SIGTERM, SIGINT].map { number in SignalWatcher(number) { ending.arrive() } }
        defer { for watcher in watchers { watcher.stop() } }
        Loop.slowTurnHandler = { log.warning("loop.slow", ["milliseconds": LogValue($0.wholeMilliseconds)]) }
        do {
            try await application.start()
        } catch {
            log.error("node.failed", ["detail": .string("\(error)")])
            complain("\(error)")
            return 1
        }
        let notifier = SystemdNotifier(settings)
        notifier?.ready("serving on port \(application.configuration.port)")
        if let interval = notifier?.watchdogInterval { keepAlive(notifier, every: interval) }
        await ending.wait()
        notifier?.stopping()
        await application.drain()
        return 0
    }

    /// Of a password that is made here: 120 bits.
    private static let madePasswordBytes = 15

    private static func keepAlive(_ notifier: SystemdNotifier?, every interval: Duration) {
        notifier?.alive()
        _ = SystemTiming.shared.after(interval) { keepAlive(notifier, every: interval) }
    }

    private static func once(_ application: Application, _ body: @Loop () async throws -> Void) async -> Int32 {
        application.pool.start()
        var status: Int32 = 0
        do {
            try await body()
        } catch {
            complain("\(error)")
            status = 1
        }
        await application.pool.stop()
        return status
    }

    private static func say(_ text: String) { write(text, to: STDOUT_FILENO) }
    private static func complain(_ text: String) { write("lastmile-node: \(text)", to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array((text + "\n").utf8)
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }
}

/// Resumes whoever waits when the process is told to end; the second time changes nothing.
@Loop
private final class Ending {
    private var hasArrived = false
    private var waiter: CheckedContinuation<Void, Never>?

    func arrive() {
        hasArrived = true
        waiter?.resume()
        waiter = nil
    }

    func wait() async {
        guard !hasArrived else { return }
        await withCheckedContinuation { waiter = $0 }
    }
}
