/// What a Socket.IO packet may hold at most.
public struct SocketIOLimits: Sendable {
    /// Attachments a packet; 10 is what the official server allows.
    public var attachments: Int
    /// Bytes of a namespace: names are chosen by the server, longer ones are probes.
    public var namespace: Int
    /// Levels of arrays and objects in a payload.
    public var depth: Int

    public init(attachments: Int = 10, namespace: Int = 256, depth: Int = JSONValue.defaultMaximumDepth) {
        self.attachments = attachments
        self.namespace = namespace
        self.depth = depth
    }
}
