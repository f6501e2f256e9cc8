import CLibuv
import Glibc

/// A connected TCP or Unix socket.
///
/// Lives until closed: libuv holds it, so an owner that loses interest must call `close` or `closeAfterFlush`. It holds
/// its handler strongly until `streamClosed`, and reads only while it has one.
@Loop
public final class Stream {
    /// Most bytes queued before the stream closes itself with `.outputOverflow`; owners that know better act earlier.
    public static let defaultOutputLimit = 16 * 1024 * 1024
    /// How long `closeAfterFlush` waits for the peer to take more of the last bytes, and then to close.
    public static let flushTimeout: Duration = .seconds(5)
    /// How long `closeAfterFlush` takes at most, however steadily the peer reads.
    public static let finishTimeout: Duration = .seconds(60)

    /// Gets what happens; reading begins when it is set.
    public var handler: (any StreamHandler)? {
        didSet { updateReading() }
    }
    /// Bytes; see `defaultOutputLimit`.
    public var outputLimit: Int {
        get { Int(limit) }
        set { limit = UInt32(clamping: newValue) }
    }

    /// A `uv_tcp_t` or `uv_pipe_t`; freed by libuv's close callback, so not to be touched once `isClosing`.
    let handle: UnsafeMutablePointer<uv_stream_t>

    var output: [UInt8] = []
    /// The output is somebody's array, taken without a copy; it must not be kept for reuse.
    var outputIsShared = false
    var isDirty = false
    var isWriting = false
    var endsWrites = false
    private(set) var reachedEnd = false
    private(set) var isClosing = false
    private var isPaused = false
    private var isReading = false
    private var limit = UInt32(Stream.defaultOutputLimit)
    /// libuv's, asked for when first written to: the handle is memory that a send need not touch. -1 before.
    var descriptor: Int32 = -1
    private var ending: Ending?
    private var cachedAddress: String?

    /// What only a stream that ends needs room for.
    private final class Ending {
        var reason = StreamCloseReason.local
        var timer: ScheduledTimer?
        var isFinishing = false
        var shutdownStarted = false
    }

    private var madeEnding: Ending {
        let made = ending ?? Ending()
        ending = made
        return made
    }

    private var reason: StreamCloseReason {
        get { ending?.reason ?? .local }
        set { madeEnding.reason = newValue }
    }

    private var finishTimer: ScheduledTimer? {
        get { ending?.timer }
        set { madeEnding.timer = newValue }
    }

    /// `closeAfterFlush` was called.
    private var isFinishing: Bool { ending?.isFinishing ?? false }
    private var shutdownStarted: Bool { ending?.shutdownStarted ?? false }

    init(tcp: Void) {
        let handle = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
        uv_tcp_init(LoopCore.shared.loop, handle)
        self.handle = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
        retainForHandle()
    }

    init(unix: Void) {
        let handle = UnsafeMutablePointer<uv_pipe_t>.allocate(capacity: 1)
        uv_pipe_init(LoopCore.shared.loop, handle, 0)
        self.handle = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
        retainForHandle()
    }

    private func retainForHandle() {
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        LoopCore.shared.streamOpened()
    }

    var isTCP: Bool { handle.pointee.type == UV_TCP }

    var tcpHandle: UnsafeMutablePointer<uv_tcp_t> {
        UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_tcp_t.self)
    }

    var pipeHandle: UnsafeMutablePointer<uv_pipe_t> {
        UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_pipe_t.self)
    }

    /// Whether `close` was called, the peer reset, or an error ended it.
    public var isClosed: Bool { isClosing }

    /// The peer's numeric address without port; "" for Unix sockets. Asked of the system once, while the stream is open.
    public var remoteAddress: String {
        if let cachedAddress { return cachedAddress }
        guard isTCP, !isClosing else { return "" }
        let address = SocketAddress.peer(of: tcpHandle)?.host ?? ""
        cachedAddress = address
        return address
    }

    // MARK: Reading

    /// Stops taking bytes from the system, so that the peer's sends come to a halt.
    public func pauseReading() {
        isPaused = true
        updateReading()
    }

    /// Undoes `pauseReading`.
    public func resumeReading() {
        isPaused = false
        updateReading()
    }

    private func updateReading() {
        guard !isClosing else { return }
        let wants = !reachedEnd && (isFinishing || (handler != nil && !isPaused))
        guard wants != isReading else { return }
        isReading = wants
        guard wants else {
            uv_read_stop(handle)
            return
        }
        let status = uv_read_start(
            handle,
            { _, _, buffer in buffer!.pointee = LoopCore.shared.readBuffer },
            { handle, count, buffer in
                let stream = Unmanaged<Stream>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
                LoopCore.shared.servesEvent()
                // A deadline may have ended it.
                guard !stream.isClosing else { return }
                stream.received(count, UnsafeRawPointer(buffer!.pointee.base))
            })
        if status < 0 { close(StreamCloseReason(status: status, operation: "read")) }
    }

    private func received(_ count: Int, _ bytes: UnsafeRawPointer?) {
        if count > 0 {
            // While finishing, input is taken only so that closing does not reset the connection under the last output.
            guard !isFinishing else { return }
            handler?.streamReceived(UnsafeRawBufferPointer(start: bytes, count: count))
        } else if count == Int(UV_EOF.rawValue) {
            reachedEnd = true
            isReading = false
            if isFinishing {
                finishIfDone()
            } else if shutdownStarted {
                close(.peerClosed)
            } else {
                handler?.streamReachedEnd()
            }
        } else if count < 0 {
            close(isFinishing ? reason : StreamCloseReason(status: Int32(count), operation: "read"))
        }
    }

    // MARK: Closing

    /// Sends what is queued, then closes the sending half; reading goes on. Later writes are ignored.
    public func shutdownWrites() {
        guard !isClosing, !endsWrites else { return }
        endsWrites = true
        outputFlushed()
    }

    /// Sends what is queued, closes the sending half, ignores further input until the peer closes too (so that the last
    /// output is not lost to a reset), then closes; at the latest when nothing moved for `flushTimeout`, or after `finishTimeout`.
    ///
    /// - Parameter reason: told to the handler; by default `.peerClosed` when the peer had closed its half, else `.local`.
    public func closeAfterFlush(_ reason: StreamCloseReason? = nil) {
        guard !isClosing, !isFinishing else { return }
        madeEnding.isFinishing = true
        endsWrites = true
        self.reason = reason ?? (reachedEnd ? .peerClosed : .local)
        updateReading()
        outputFlushed()
        guard !isClosing else { return }
        awaitFinish(until: SystemTiming.shared.now + Self.finishTimeout)
    }

    private func awaitFinish(until limit: LoopTime) {
        let before = queuedBytes
        finishTimer = SystemTiming.shared.after(Self.flushTimeout) { [weak self] in
            guard let self else { return }
            if queuedBytes < before, SystemTiming.shared.now < limit {
                awaitFinish(until: limit)
            } else {
                close(queuedBytes > 0 ? .flushTimedOut : self.reason)
            }
        }
    }

    /// Closes at once; queued output is discarded, later writes are ignored. The handler is told in this turn, after the
    /// current call has returned. The first reason counts.
    public func close(_ reason: StreamCloseReason) {
        guard !isClosing else { return }
        isClosing = true
        self.reason = reason
        output = []
        finishTimer?.cancel()
        finishTimer = nil
        let raw = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
        uv_close(raw) { raw in
            let stream = Unmanaged<Stream>.fromOpaque(raw!.pointee.data).takeRetainedValue()
            stream.handleClosed()
        }
    }

    private func handleClosed() {
        UnsafeMutableRawPointer(handle).deallocate()
        LoopCore.shared.streamClosed()
        let last = handler
        handler = nil
        last?.streamClosed(reason)
    }

    /// Everything queued is with the system: go on with what waited for that.
    func outputFlushed() {
        guard endsWrites, !isClosing, !isWriting, output.isEmpty else { return }
        if isFinishing, reachedEnd {
            close(reason)
        } else if !shutdownStarted {
            startShutdown()
        }
    }

    private func finishIfDone() {
        if output.isEmpty, !isWriting { close(reason) }
    }

    private func startShutdown() {
        madeEnding.shutdownStarted = true
        let request = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
        request.pointee.data = handle.pointee.data
        let status = uv_shutdown(request, handle) { request, status in
            let stream = Unmanaged<Stream>.fromOpaque(request!.pointee.data).takeUnretainedValue()
            request!.deallocate()
            stream.shutdownFinished(status)
        }
        if status < 0 {
            request.deallocate()
            close(isFinishing ? reason : .reset)
        }
    }

    private func shutdownFinished(_ status: Int32) {
        guard !isClosing else { return }
        if status < 0 {
            close(isFinishing ? reason : StreamCloseReason(status: status, operation: "shutdown"))
        } else if reachedEnd {
            close(isFinishing ? reason : .peerClosed)
        }
    }
}
