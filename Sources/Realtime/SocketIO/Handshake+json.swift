import Wire

extension Handshake {
    /// As the official server describes a handshake to other servers. Of the headers those that are still kept; `auth` is
    /// empty, since it holds secrets and is let go of once the namespace is joined.
    func json(path: String) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 384)
        writer.object { writer in
            writer.field("headers") { writer in
                writer.object { writer in
                    headers.forEach { name, value in writer.field(name.lowercased(), value) }
                }
            }
            writer.field("time", DateField.format(issued / 1000))
            writer.field("address", remoteAddress)
            writer.field("xdomain", headers["origin"] != nil)
            writer.field("secure", isSecure)
            writer.field("issued", issued)
            writer.field("url", path + "?" + query.text)
            writer.field("query") { writer in
                writer.object { writer in
                    var names: Set<String> = []
                    for (name, value) in query.pairs where names.insert(name).inserted { writer.field(name, value) }
                }
            }
            writer.field("auth") { $0.object { _ in } }
        }
        return writer.bytes
    }
}
