import CLibuv

/// What can go wrong on the loop.
public enum LoopError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The system refused `operation`; `code` is a positive errno (the resolver's own codes start at 3000).
    case system(operation: String, code: Int32)
    /// `operation` did not finish within its deadline.
    case timedOut(operation: String)
    /// The waiting task was cancelled.
    case cancelled
    /// Neither a numeric address nor a name, a port outside 0…65535, or a socket path of more than 107 bytes.
    case badAddress(String)

    /// For logs: operation and the system's text, no addresses of peers.
    public var description: String {
        switch self {
        case .system(let operation, let code): "\(operation): \(String(cString: uv_strerror(-code)))"
        case .timedOut(let operation): "\(operation): timed out"
        case .cancelled: "cancelled"
        case .badAddress(let address): "not an address: \(address)"
        }
    }

    /// Throws when a libuv call answered a negative code.
    static func check(_ status: Int32, _ operation: String) throws(LoopError) {
        guard status < 0 else { return }
        throw .system(operation: operation, code: -status)
    }
}
