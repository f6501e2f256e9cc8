/// Where the cluster is reached: scheme, host and port of its URL.
struct Door: Equatable, Sendable {
    let host: String
    let port: Int

    /// Reads `http://host[:port][/]`.
    init(_ url: String) throws(ReplayError) {
        guard url.hasPrefix("http://") else {
            throw .usage("--url must be like http://127.0.0.1:8080, not \(url)")
        }
        var authority = url.dropFirst("http://".count)
        if authority.hasSuffix("/") { authority = authority.dropLast() }
        var host = String(authority)
        var port = 80
        if let colon = authority.lastIndex(of: ":"), authority.last != "]" {
            guard let number = Int(authority[authority.index(after: colon)...]), (1...65535).contains(number) else {
                throw .usage("--url has no valid port: \(url)")
            }
            host = String(authority[..<colon])
            port = number
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        let isClean = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"):
                true
            default: false
            }
        }
        guard !host.isEmpty, isClean else { throw .usage("--url must be like http://127.0.0.1:8080, not \(url)") }
        self.host = host
        self.port = port
    }

    /// For the `Host` field.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == 80 ? name : "\(name):\(port)"
    }
}
