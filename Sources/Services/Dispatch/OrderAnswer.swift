/// An order after a change, for whoever asked for it.
public struct OrderAnswer: Sendable {
    /// In the contract's shape.
    public let json: [UInt8]
    public let version: Int
}
