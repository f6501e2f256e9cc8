/// A channel or a pattern. Who keeps the topic that it subscribed by shares the name's bytes with the subscriber.
public struct SubscriberTopic: Hashable, Sendable {
    static let message = Array("message".utf8)
    static let patternMessage = Array("pmessage".utf8)
    static let pong = Array("pong".utf8)
    private static let verbs = ["subscribe", "unsubscribe", "psubscribe", "punsubscribe"].map { Array($0.utf8) }

    public let name: [UInt8]
    public let isPattern: Bool

    init(name: [UInt8], isPattern: Bool) {
        self.name = name
        self.isPattern = isPattern
    }

    public init(_ name: String, isPattern: Bool = false) {
        self.init(name: Array(name.utf8), isPattern: isPattern)
    }

    /// The command, and the first word of its confirmation.
    var subscribe: [UInt8] { Self.verbs[isPattern ? 2 : 0] }
    var unsubscribe: [UInt8] { Self.verbs[isPattern ? 3 : 1] }
}
