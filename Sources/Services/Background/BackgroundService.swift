public import EventLoop

/// Something that works by itself from `start` to `stop`.
@Loop
public protocol BackgroundService: AnyObject {
    /// Starting what runs already does nothing.
    func start()
    /// Returns when nothing of it is under way any more; bounded by the deadlines of what it was doing. Stopping twice, or
    /// before the start, does nothing.
    func stop() async
}
