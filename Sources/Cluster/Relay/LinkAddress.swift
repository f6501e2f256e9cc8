public import Realtime

/// A process of the cluster and where its links are taken.
public struct LinkAddress: Hashable, Sendable {
    public let owner: SessionOwner
    /// Numeric, or a name that the resolver knows.
    public let host: String
    public let port: Int

    public init(owner: SessionOwner, host: String, port: Int) {
        self.owner = owner
        self.host = host
        self.port = port
    }

    func append(to writer: inout LinkFieldWriter) {
        writer.text(owner.name)
        writer.number(owner.epoch, bytes: 8)
        writer.text(host)
        writer.number(UInt64(port), bytes: 2)
    }

    init(_ reader: inout LinkFieldReader) throws(LinkFault) {
        let name = try reader.text()
        guard SessionOwner.isName(name) else { throw .malformed }
        owner = SessionOwner(name: name, epoch: try reader.number(bytes: 8))
        host = try reader.text()
        port = Int(try reader.number(bytes: 2))
    }
}
