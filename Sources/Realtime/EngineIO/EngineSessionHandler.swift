import EventLoop

/// What stands on an Engine.IO session. Bytes are valid during the call only.
@Loop protocol EngineSessionHandler: AnyObject {
    /// The text is UTF-8.
    func sessionReceived(text: UnsafeRawBufferPointer)
    func sessionReceived(binary: UnsafeRawBufferPointer)
    /// What waited has gone to the kernel, after more waited than one turn of the loop could write.
    func sessionDrained()
    /// What waited for a poll is in the WebSocket's buffer now.
    func sessionUpgraded()
    /// Exactly once, last.
    func sessionClosed(_ reason: EngineCloseReason)
}
