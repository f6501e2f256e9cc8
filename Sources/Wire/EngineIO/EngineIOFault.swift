/// Why an Engine.IO 4 packet or payload was refused: the session closes with "parse error".
public enum EngineIOFault: Equatable, Sendable {
    /// A packet without a type.
    case emptyPacket
    /// A type that is none of 0…6 and not `b`.
    case unknownType
    /// `b` followed by what is not base64.
    case invalidBase64
    /// A polling body that is not UTF-8.
    case invalidUTF8
    /// More packets in one polling body than allowed.
    case tooManyPackets
}
