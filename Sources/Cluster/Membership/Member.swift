import Realtime

/// One node, as it describes itself each second.
public struct Member: Sendable, Equatable {
    /// `NODE_ID`.
    public var name: String
    /// Random at each start: tells a process from its predecessor of the same name.
    public var epoch: String
    public var version: String
    /// Where other nodes reach it, `host:port`.
    public var address: String
    /// Where it takes links, "" and 0 when it takes none.
    public var linkHost: String
    public var linkPort: Int
    /// Unix time of its start.
    public var startedMilliseconds: Int64
    /// Such as `ok`, `degraded`, `draining`.
    public var status: String
    public var sockets: Int
    public var rooms: Int
    /// How long the last turn of its loop before the report took; see `LoopStatistics.lastLag`.
    public var loopLagMilliseconds: Int

    public init(
        name: String, epoch: String, version: String, address: String, linkHost: String = "", linkPort: Int = 0,
        startedMilliseconds: Int64,
        status: String = "ok", sockets: Int = 0, rooms: Int = 0, loopLagMilliseconds: Int = 0
    ) {
        self.name = name
        self.epoch = epoch
        self.version = version
        self.address = address
        self.linkHost = linkHost
        self.linkPort = linkPort
        self.startedMilliseconds = startedMilliseconds
        self.status = status
        self.sockets = sockets
        self.rooms = rooms
        self.loopLagMilliseconds = loopLagMilliseconds
    }
}

extension Member {
    /// Where its links are taken; nil when it takes none, or is not named as a process is.
    public var linkAddress: LinkAddress? {
        guard linkPort != 0, SessionOwner.isName(name), let number = UInt64(epoch, radix: 16) else { return nil }
        return LinkAddress(owner: SessionOwner(name: name, epoch: number), host: linkHost, port: linkPort)
    }
    /// As fields and values of a hash.
    var fields: [(name: String, value: String)] {
        [
            ("name", name), ("epoch", epoch), ("version", version), ("address", address),
            ("linkHost", linkHost), ("linkPort", String(linkPort)), ("started", String(startedMilliseconds)),
            ("status", status), ("sockets", String(sockets)),
            ("rooms", String(rooms)), ("lag", String(loopLagMilliseconds)),
        ]
    }

    /// nil without a name and an epoch; what else is missing, as from an older version, is empty or 0.
    init?(fields: [String: String]) {
        guard let name = fields["name"], let epoch = fields["epoch"] else { return nil }
        func number(_ field: String) -> Int64 { fields[field].flatMap { Int64($0) } ?? 0 }
        self.init(
            name: name, epoch: epoch, version: fields["version"] ?? "", address: fields["address"] ?? "",
            linkHost: fields["linkHost"] ?? "", linkPort: Int(number("linkPort")),
            startedMilliseconds: number("started"), status: fields["status"] ?? "", sockets: Int(number("sockets")),
            rooms: Int(number("rooms")), loopLagMilliseconds: Int(number("lag")))
    }
}
