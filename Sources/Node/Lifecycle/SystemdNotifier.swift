import EventLoop
import Glibc

/// Tells systemd how the node is (sd_notify(3)); silent where nobody listens.
@Loop
final class SystemdNotifier {
    private let descriptor: Int32
    private let address: sockaddr_un
    private let addressLength: socklen_t
    /// How often systemd wants to hear from the node; nil when it does not watch.
    let watchdogInterval: Duration?

    init?(_ settings: Settings) {
        guard let path = settings["NOTIFY_SOCKET"], path.first == "/" || path.first == "@" else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < capacity else { return nil }
        // A leading @ stands for the abstract namespace, whose names begin with NUL (unix(7)).
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        self.address = address
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        addressLength = socklen_t(offset + bytes.count)
        // Half of what systemd allows, as sd_watchdog_enabled(3) advises.
        watchdogInterval = settings["WATCHDOG_USEC"].flatMap(Int64.init).map { .microseconds($0 / 2) }
    }

    deinit { close(descriptor) }

    func ready(_ status: String) { send("READY=1\nSTATUS=\(status)") }
    func stopping() { send("STOPPING=1\nSTATUS=draining") }
    func alive() { send("WATCHDOG=1") }

    private func send(_ text: String) {
        var address = address
        let bytes = Array(text.utf8)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                _ = sendto(
                    descriptor, bytes, bytes.count, Int32(truncatingIfNeeded: MSG_NOSIGNAL), generic, addressLength)
            }
        }
    }
}
