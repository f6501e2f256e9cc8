import EventLoop
import Glibc

/// Whether somebody pressed Ctrl-C.
@Loop
final class Interruption {
    private(set) var happened = false
    private var watchers: [SignalWatcher] = []

    init() {
        watchers = [SIGINT, SIGTERM].map { signal in SignalWatcher(signal) { [weak self] in self?.interrupt() } }
    }

    /// The second time the process ends at once.
    private func interrupt() {
        if happened { exit(ReplayError.interrupted.exitStatus) }
        happened = true
    }
}
