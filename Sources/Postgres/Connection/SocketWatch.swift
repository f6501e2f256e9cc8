import EventLoop
import Glibc

/// Watches a duplicate of libpq's descriptor: libpq closes its own whenever it finds the connection broken, and a
/// descriptor must not be closed, or its number reused, while the loop watches it.
@Loop
final class SocketWatch {
    private let duplicate: Int32
    private let poll: Poll

    /// nil when the descriptor cannot be duplicated or watched.
    init?(_ descriptor: Int32, _ events: Poll.Events, _ handler: @escaping @Loop (Poll.Events) -> Void) {
        duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard duplicate >= 0 else { return nil }
        guard let poll = try? Poll(fileDescriptor: duplicate) else {
            close(duplicate)
            return nil
        }
        self.poll = poll
        poll.start(events, handler)
    }

    func change(_ events: Poll.Events) { poll.change(events) }

    func stop() {
        poll.stop()
        close(duplicate)
    }
}
