/// A place in a recovery log, and the form in which clients keep it: `<epoch>.<number>`.
public struct RecoveryOffset: Sendable, Hashable {
    /// Names one unbroken life of the log: numbers of different epochs cannot be compared.
    public let epoch: String
    /// Rises with each logged packet, with gaps.
    public let number: UInt64

    public init(epoch: String, number: UInt64) {
        self.epoch = epoch
        self.number = number
    }

    /// nil for what no log has written.
    public init?(_ text: String) {
        // By bytes: each logged broadcast comes through here, and characters cost several times as much to find.
        let bytes = text.utf8
        guard bytes.count <= Self.maximumLength, let dot = bytes.lastIndex(of: UInt8(ascii: ".")),
            dot > bytes.startIndex, let number = UInt64(text[bytes.index(after: dot)...])
        else { return nil }
        self.init(epoch: String(text[..<dot]), number: number)
    }

    public var text: String { "\(epoch).\(number)" }

    /// An epoch and the 20 digits of a 64-bit number.
    private static let maximumLength = 64

    /// Raw JSON arguments with this offset behind the last of them (Socket.IO connection state recovery).
    func appended(to json: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(json.count + Self.maximumLength)
        bytes.append(contentsOf: json)
        if !json.isEmpty { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\""))
        return bytes
    }

    /// Whether a client that recovers would take the last element of an event with these raw JSON arguments for an
    /// offset: it takes any string, and where there are no arguments, the event's name.
    static func isMistakable(_ json: [UInt8]) -> Bool {
        guard let last = json.last(where: { $0 > 0x20 }) else { return true }
        return last == UInt8(ascii: "\"")
    }
}
