import EventLoop
import Glibc

/// The command: reads its line, plays, reports.
enum ReplayCommand {
    static func main() -> Never {
        signal(SIGPIPE, SIG_IGN)
        let status: Int32
        do throws(ReplayError) {
            guard let options = try Options.parse(Array(CommandLine.arguments.dropFirst())) else {
                Console.output(Options.help)
                exit(0)
            }
            if let path = options.jsonPath { try TextFile.checkWritable(path) }
            allowManyConnections()
            let report = try Loop.run { () async -> Result<Report, ReplayError> in
                do throws(ReplayError) { return .success(try await Conductor.play(options)) } catch {
                    return .failure(error)
                }
            }.get()
            Console.output(report.table)
            if let path = options.jsonPath { try TextFile.write(report.json, to: path) }
            status = report.isGood ? 0 : 1
        } catch {
            Console.error("lastmile replay: \(error)\n")
            status = error.exitStatus
        }
        exit(status)
    }

    /// A socket each: raises the number of open files to what the system allows.
    private static func allowManyConnections() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
