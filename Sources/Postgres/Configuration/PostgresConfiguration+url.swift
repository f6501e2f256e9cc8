extension PostgresConfiguration {
    /// Reads `postgres://[user[:password]@][host][:port][/database][?host=…&port=…&user=…&password=…&sslmode=…]`
    /// (libpq's form, also `postgresql://`); a socket directory is given as `?host=/directory` or percent-encoded in
    /// the host's place. Throws `.configuration` with one line that repeats no secret.
    public init(url: String) throws(PostgresError) {
        self.init()
        guard let scheme = ["postgres://", "postgresql://"].first(where: { url.hasPrefix($0) }) else {
            throw PostgresError(.configuration, "the URL must begin with postgres://")
        }
        var rest = url.dropFirst(scheme.count)
        var query: Substring = ""
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        if let slash = rest.firstIndex(of: "/") {
            let name = rest[rest.index(after: slash)...]
            if !name.isEmpty { database = try Self.decoded(name, "database") }
            rest = rest[..<slash]
        }
        if let at = rest.lastIndex(of: "@") {
            try readCredentials(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        try readAddress(rest)
        for pair in query.split(separator: "&") { try readSetting(pair) }
    }

    private mutating func readCredentials(_ text: Substring) throws(PostgresError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if !parts[0].isEmpty { user = try Self.decoded(parts[0], "user") }
        if parts.count > 1 { password = try Self.decoded(parts[1], "password") }
    }

    private mutating func readAddress(_ text: Substring) throws(PostgresError) {
        var rest = text
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else {
                throw PostgresError(.configuration, "the URL's address has no closing bracket")
            }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            rest = rest[rest.index(after: end)...]
        } else {
            let name = rest.prefix { $0 != ":" }
            if !name.isEmpty { host = try Self.decoded(name, "host") }
            rest = rest[name.endIndex...]
        }
        guard !rest.isEmpty else { return }
        guard rest.first == ":", let number = Self.port(rest.dropFirst()) else {
            throw PostgresError(.configuration, "the URL's port is no port number")
        }
        port = number
    }

    private mutating func readSetting(_ pair: Substring) throws(PostgresError) {
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        let value = try Self.decoded(parts.count > 1 ? parts[1] : "", name)
        switch name {
        case "host": host = value
        case "user": user = value
        case "password": password = value
        case "dbname": database = value
        case "application_name": applicationName = value
        case "sslrootcert": rootCertificate = value
        case "port":
            guard let number = Self.port(value) else {
                throw PostgresError(.configuration, "the URL's port is no port number")
            }
            port = number
        case "sslmode":
            guard let mode = EncryptionMode(rawValue: value) else {
                throw PostgresError(.configuration, "the URL's sslmode is not known: \(value)")
            }
            encryption = mode
        default: throw PostgresError(.configuration, "the URL's setting is not known: \(name)")
        }
    }

    private static func decoded(_ text: Substring, _ part: String) throws(PostgresError) -> String {
        var bytes: [UInt8] = []
        var source = text.utf8.makeIterator()
        while let byte = source.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = source.next().flatMap(hexDigitValue), let low = source.next().flatMap(hexDigitValue) else {
                throw PostgresError(.configuration, "the URL's \(part) is wrongly percent-encoded")
            }
            bytes.append(high << 4 | low)
        }
        guard !bytes.contains(0), let decoded = String(validating: bytes, as: UTF8.self) else {
            throw PostgresError(.configuration, "the URL's \(part) is no UTF-8 text")
        }
        return decoded
    }
}

/// The value of an ASCII hexadecimal digit.
func hexDigitValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
