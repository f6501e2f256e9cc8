/// The one error of the Redis driver. It never carries keys or values.
public enum RedisError: Error, Sendable, Equatable {
    /// No connection, or stopped: nothing was sent.
    case unavailable
    /// A bound of the queue is reached: nothing was sent.
    case overloaded
    /// The deadline passed. If the command was sent, Redis may still have executed it.
    case timedOut
    /// The awaiting task was cancelled. Redis may still execute the command.
    case cancelled
    /// The connection broke after the command was sent: its outcome is unknown.
    case connectionLost
    /// Redis answered with an error: its leading word (`ERR`, `NOSCRIPT`, `OOM`, …) and the rest.
    case server(code: String, message: String)
    /// Bytes came that are no RESP2, or a reply that does not belong to the request.
    case protocolViolation(String)
    /// The URL or a setting makes no sense; the text names it and holds no secret.
    case invalidConfiguration(String)
}
