/// Limits and deadlines of an HTTP/1.1 server.
public struct HTTPServerOptions: Sendable {
    /// Bytes of request line and fields together; beyond: 431.
    public var maximumHead = 16 << 10
    /// Bytes of the target; beyond: 414.
    public var maximumTarget = 8 << 10
    /// Bytes of a body; beyond: 413.
    public var maximumBody = 1 << 20
    /// From a connection's opening, or a request's first byte, to the end of its head; beyond: 408.
    public var headTimeout: Duration = .seconds(10)
    /// From the end of a head to the end of the body; beyond: 408.
    public var bodyTimeout: Duration = .seconds(30)
    /// Between requests on one connection; longer than a proxy keeps its own idle (Nginx: 60 s), so that the proxy is
    /// the one to close.
    public var idleTimeout: Duration = .seconds(75)
    /// Connections of this node; beyond, new ones are closed at once.
    public var maximumConnections = 110_000
    /// Numeric addresses whose X-Forwarded-For and X-Forwarded-Proto are believed. Peers on a Unix socket always are.
    public var trustedProxies: [String] = ["127.0.0.1", "::1"]
    /// For pages of other origins that ask for routed paths; mounted servers have rules of their own. nil: no page may.
    public var cors: CORSOptions?

    public init() {}

    /// How long what still comes is read and dropped after an answer that ends the connection.
    static let lingerTimeout: Duration = .seconds(2)
    /// Bytes of pipelined requests that are taken in while an answer is pending.
    static let maximumPipelinedBytes = 64 << 10
}
