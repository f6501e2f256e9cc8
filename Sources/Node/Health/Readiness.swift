import EventLoop

/// Whether the node has migrated and serves its routes: before that it only answers probes.
@Loop
final class Readiness {
    var isStarted = false
}
