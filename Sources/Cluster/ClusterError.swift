import Redis

/// The one error of what joins the nodes.
public enum ClusterError: Error, Sendable, Equatable {
    /// Redis is away, or went away meanwhile.
    case unavailable
    /// A bound is reached.
    case overloaded
    /// The subscription was cancelled.
    case cancelled

    init(_ error: RedisError) {
        switch error {
        case .overloaded: self = .overloaded
        case .cancelled: self = .cancelled
        case .unavailable, .timedOut, .connectionLost, .server, .protocolViolation, .invalidConfiguration:
            self = .unavailable
        }
    }
}
