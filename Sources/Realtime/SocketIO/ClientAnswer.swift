/// What a client acknowledged an event with.
public struct ClientAnswer: Sendable, Equatable {
    /// Raw JSON of the arguments, comma separated; refers to attachments by placeholders.
    public let json: [UInt8]
    public let attachments: [[UInt8]]

    public init(json: [UInt8], attachments: [[UInt8]] = []) {
        self.json = json
        self.attachments = attachments
    }

    /// The first argument alone, which is what servers pass on; null when the client gave none.
    public var first: ClientAnswer {
        let end = ArgumentScan.endOfFirst(json.span)
        return ClientAnswer(json: end == 0 ? Array("null".utf8) : Array(json[..<end]), attachments: attachments)
    }
}
