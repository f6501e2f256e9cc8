import AllocationCounter
import EventLoop
import Glibc
import Wire

/// Counts allocations per operation in a release build and holds them against the limits of a file.
///
/// `lastmile-allocations limits.json` prints one line an operation, and fails when one is above its limit or has none.
/// Only the thread that does the work counts: the loop's for servers, whose clients are blocking sockets on the main
/// thread, and the main thread for codecs.
enum Allocations {
    /// Before counting, so that buffers, tables and caches have grown.
    private static let warmUp = 300
    private static let repetitions = 2000

    /// What comes once in many operations (the date's text each second, a queue that grows) is nobody's operation.
    private static let slack = 0.05

    static func main() {
        guard let limits = readLimits() else { exit(2) }
        var measured: [(name: String, count: Double)] = []
        do {
            for one in Codecs.all { measured.append((one.name, onThisThread(one.run))) }
            let servers = try Servers()
            for one in try servers.all() { measured.append((one.name, onTheLoop(one.run) / Double(one.operations))) }
        } catch {
            print("allocations: \(error)")
            exit(2)
        }
        var failed = false
        for (name, count) in measured {
            let limit = limits[name]?.doubleValue
            let isWithin = limit.map { count <= $0 + slack } ?? false
            failed = failed || !isWithin
            let shown = (count * 100).rounded() / 100
            print(
                "\(isWithin ? "ok  " : "OVER") \(name): \(shown) an operation, at most \(limit.map { "\($0)" } ?? "?")")
        }
        exit(failed ? 1 : 0)
    }

    private static func readLimits() -> JSONValue? {
        guard CommandLine.arguments.count == 2 else {
            print("usage: lastmile-allocations limits.json")
            return nil
        }
        let descriptor = open(CommandLine.arguments[1], O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            print("allocations: cannot read \(CommandLine.arguments[1])")
            return nil
        }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        let count = read(descriptor, &buffer, buffer.count)
        return try? JSONValue.parse(Array(buffer[..<max(0, count)]))
    }

    private static func onThisThread(_ body: () -> Void) -> Double {
        for _ in 0..<warmUp { body() }
        allocation_counter_include_this_thread(true)
        let before = allocation_counter_value()
        for _ in 0..<repetitions { body() }
        let after = allocation_counter_value()
        allocation_counter_include_this_thread(false)
        return Double(after - before) / Double(repetitions)
    }

    private static func onTheLoop(_ body: () -> Void) -> Double {
        for _ in 0..<warmUp { body() }
        let before = allocation_counter_value()
        for _ in 0..<repetitions { body() }
        return Double(allocation_counter_value() - before) / Double(repetitions)
    }
}
