/// Where a binary attachment belongs in a packet's JSON.
public struct SocketIOPlaceholder: Equatable, Sendable {
    /// The whole raw object `{"_placeholder":true,"num":n}`.
    public let range: Range<Int>
    /// The attachment's number, counted from 0.
    public let attachment: Int
}
