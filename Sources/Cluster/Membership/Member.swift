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
    /// The longest turn of its loop in the last second or two; see `LoopStatistics.recentLag`.
    public var loopLagMilliseconds: Int
    /// Whether it reaches PostgreSQL and Redis.
    public var reachesPostgres: Bool
    public var reachesRedis: Bool
    /// Unix time by its clock when it said all this.
    public var saidMilliseconds: Int64

    /// It takes nothing new and will be gone.
    public var isLeaving: Bool { status == "draining" }

    public init(
        name: String, epoch: String, version: String, address: String, linkHost: String = "", linkPort: Int = 0,
        startedMilliseconds: Int64,
        status: String = "ok", sockets: Int = 0, rooms: Int = 0, loopLagMilliseconds: Int = 0,
        reachesPostgres: Bool = true, reachesRedis: Bool = true, saidMilliseconds: Int64 = 0
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
        self.reachesPostgres = reachesPostgres
        self.reachesRedis = reachesRedis
        self.saidMilliseconds = saidMilliseconds
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
            ("postgres", reachesPostgres ? "up" : "down"), ("redis", reachesRedis ? "up" : "down"),
            ("said", String(saidMilliseconds)),
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
            rooms: Int(number("rooms")), loopLagMilliseconds: Int(number("lag")),
            reachesPostgres: fields["postgres"] != "down", reachesRedis: fields["redis"] != "down",
            saidMilliseconds: number("said"))
    }

    /// As a link's heartbeat bears it.
    var encoded: [UInt8] {
        var writer = LinkFieldWriter()
        let fields = fields
        writer.number(UInt64(fields.count), bytes: 1)
        for (name, value) in fields {
            writer.text(name)
            writer.text(value)
        }
        return writer.bytes
    }

    /// nil for a heartbeat that bears nothing, as an older version's.
    init?(encoded bytes: [UInt8]) throws(LinkFault) {
        guard !bytes.isEmpty else { return nil }
        var reader = LinkFieldReader(bytes)
        var fields: [String: String] = [:]
        for _ in 0..<(try reader.number(bytes: 1)) {
            let name = try reader.text()
            fields[name] = try reader.text()
        }
        try reader.end()
        self.init(fields: fields)
    }
}
