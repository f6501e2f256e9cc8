/// What the handshake of a connection sends and learns.
struct Greeting {
    let identity: RedisIdentity
    /// nil where `CONFIG` is not allowed.
    let evictionPolicy: String?

    /// The commands of the handshake. `required` ones must not be answered by an error.
    static func commands(for configuration: RedisConfiguration) -> [(arguments: [RedisArgument], required: Bool)] {
        var commands: [(arguments: [RedisArgument], required: Bool)] = []
        if let password = configuration.password {
            let user = configuration.username.map { [RedisArgument.text($0)] } ?? []
            commands.append((["AUTH"] + user + [.text(password)], true))
        }
        if configuration.database != 0 {
            commands.append((["SELECT", .integer(Int64(configuration.database))], true))
        }
        if let name = configuration.clientName {
            commands.append((["CLIENT", "SETNAME", .text(name)], false))
        }
        // CONFIG is often forbidden by those who run Redis for others; INFO is not. While Redis loads its data set,
        // INFO answers although nothing else does, hence the PING.
        commands.append((["CONFIG", "GET", "maxmemory-policy"], false))
        commands.append((["PING"], true))
        commands.append((["INFO", "server"], true))
        commands.append((["INFO", "replication"], true))
        return commands
    }

    /// - Parameter replies: one for each of `commands`, in their order; the required ones are no errors.
    init(replies: [RedisReply]) throws(RedisError) {
        guard replies.count >= 4 else { throw .protocolViolation("short handshake") }
        let tail = replies.suffix(4)
        let server = Self.fields(tail[tail.startIndex + 2].text ?? "")
        let replication = Self.fields(tail[tail.startIndex + 3].text ?? "")
        guard let runID = server["run_id"], let replicationID = replication["master_replid"] else {
            throw .protocolViolation("INFO names neither run_id nor master_replid")
        }
        // A replica refuses writes, and what it publishes stays with it; after a failover the address leads elsewhere soon.
        guard replication["role"] != "slave" else { throw .server(code: "READONLY", message: "this is a replica") }
        identity = RedisIdentity(
            runID: runID, replicationID: replicationID, version: server["redis_version"] ?? "")
        evictionPolicy = tail[tail.startIndex].elements?.last?.text
    }

    /// The `key:value` lines of INFO.
    private static func fields(_ info: String) -> [Substring: String] {
        var fields: [Substring: String] = [:]
        for line in info.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon]] = String(line[line.index(after: colon)...])
        }
        return fields
    }
}
