import Glibc

/// The process as the kernel sees it, under the names that every Prometheus client uses.
public enum ProcessMetrics {
    /// - Parameters:
    ///   - startSeconds: Unix time at which the process began.
    public static func register(in registry: MetricsRegistry, startSeconds: Double) {
        registry.counter("process_cpu_seconds_total", help: "User and system CPU time.") { cpuSeconds() }
        registry.gauge("process_resident_memory_bytes", help: "Resident memory.") { residentBytes() }
        registry.gauge("process_start_time_seconds", help: "Start, Unix time.") { startSeconds }
    }

    /// User and system CPU seconds of this process so far.
    public static func cpuSeconds() -> Double {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    /// Resident memory in bytes; 0 where `/proc` is not mounted. `/proc` is memory: reading it does not block.
    public static func residentBytes() -> Double {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = read(file, &buffer, buffer.count)
        guard count > 0 else { return 0 }
        let fields = buffer[..<count].split(separator: UInt8(ascii: " "))
        guard fields.count > 1, let pages = Double(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }
}
