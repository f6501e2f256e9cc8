/// What a stream tells its owner, always from the loop itself, never from inside a call the owner made on the stream.
@Loop
public protocol StreamHandler: AnyObject {
    /// Bytes arrived. The buffer is the loop's and valid during the call only.
    func streamReceived(_ bytes: UnsafeRawBufferPointer)
    /// The peer closed its sending half; nothing more is received. The stream stays open for writing until closed.
    func streamReachedEnd()
    /// Queued output fell to nothing after a turn's flush could not send it all.
    func streamDrained()
    /// The stream is gone; exactly once and last.
    func streamClosed(_ reason: StreamCloseReason)
}
