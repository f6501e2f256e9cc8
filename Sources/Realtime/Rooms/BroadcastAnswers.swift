/// What clients acknowledged a broadcast with.
public struct BroadcastAnswers: Sendable {
    /// The first argument of each client that answered in time.
    public var answers: [ClientAnswer]
    /// How many clients it reached, as far as their nodes told.
    public var clients: Int
    /// Names of the nodes that did not tell how many clients they reached.
    public var missingNodes: [String]
    /// How many other servers, which have no names, did not.
    public var missingPeers: Int

    public init(
        answers: [ClientAnswer] = [], clients: Int = 0, missingNodes: [String] = [], missingPeers: Int = 0
    ) {
        self.answers = answers
        self.clients = clients
        self.missingNodes = missingNodes
        self.missingPeers = missingPeers
    }

    /// Whether everybody answered.
    public var isWhole: Bool { missingNodes.isEmpty && missingPeers == 0 && answers.count >= clients }
}
