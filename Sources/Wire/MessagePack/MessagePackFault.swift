/// Why MessagePack was refused, and where.
public struct MessagePackFault: Equatable, Sendable {
    /// The rule that was broken.
    public enum Reason: Equatable, Sendable {
        /// The bytes end inside a value, or a length or count says more than they hold.
        case unexpectedEnd
        /// 0xC1, which the format never uses.
        case unknownType
        /// An extension other than a timestamp and those of notepack.
        case unknownExtension
        /// Arrays and maps nested beyond the limit.
        case tooDeep
        /// A map's key that is neither text nor an integer.
        case invalidKey
        /// More binary values than a Socket.IO packet may have.
        case tooManyAttachments
        /// The value is not of the kind the caller reads.
        case kindMismatch
    }

    /// The rule that was broken.
    public let reason: Reason
    /// Bytes from the start to where it was noticed.
    public let offset: Int

    init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension WireError {
    static func messagePack(_ reason: MessagePackFault.Reason, at offset: Int) -> WireError {
        .messagePack(MessagePackFault(reason, at: offset))
    }
}
