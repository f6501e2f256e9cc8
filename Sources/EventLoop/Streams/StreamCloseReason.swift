import CLibuv

/// Why a stream ended.
public enum StreamCloseReason: Equatable, Sendable, CustomStringConvertible {
    /// Both sides finished, or the owner closed after the peer had.
    case peerClosed
    /// The peer reset the connection or was gone when we wrote.
    case reset
    /// The owner closed it.
    case local
    /// The owner closed it and says why, in a few words that suit a metric's label.
    case named(String)
    /// The system reported something else.
    case failed(LoopError)

    /// The peer reads too slowly: more than the stream's `outputLimit` was queued.
    public static let outputOverflow = StreamCloseReason.named("output overflow")
    /// The peer took nothing of the last output for `Stream.flushTimeout`, or not all within
    /// `Stream.finishTimeout`.
    public static let flushTimedOut = StreamCloseReason.named("flush timed out")

    public var description: String {
        switch self {
        case .peerClosed: "peer closed"
        case .reset: "reset"
        case .local: "local"
        case .named(let name): name
        case .failed(let error): error.description
        }
    }

    /// From a negative libuv code.
    init(status: Int32, operation: String) {
        switch status {
        case UV_ECONNRESET.rawValue, UV_EPIPE.rawValue, UV_ECONNABORTED.rawValue: self = .reset
        default: self = .failed(.system(operation: operation, code: -status))
        }
    }
}
