/// What the nodes of a cluster answered, and who did not.
public struct GatheredAnswers<Element: Sendable>: Sendable {
    public var values: [Element]
    /// Names of the nodes that did not answer.
    public var missingNodes: [String]
    /// How many other servers, which have no names, did not answer.
    public var missingPeers: Int

    public init(values: [Element] = [], missingNodes: [String] = [], missingPeers: Int = 0) {
        self.values = values
        self.missingNodes = missingNodes
        self.missingPeers = missingPeers
    }

    /// Whether everybody answered.
    public var isWhole: Bool { missingNodes.isEmpty && missingPeers == 0 }
}
