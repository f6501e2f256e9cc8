import Glibc

/// Where settings come from: a `.env` file in the working directory, and the process's own environment before it.
enum Environment {
    static func read(file: String = ".env") -> Settings {
        var values = parse(contents(of: file) ?? "")
        var entry = environ
        while let pointer = entry.pointee {
            let line = String(cString: pointer)
            if let equals = line.firstIndex(of: "=") {
                values[String(line[..<equals])] = String(line[line.index(after: equals)...])
            }
            entry += 1
        }
        return Settings(values)
    }

    /// `NAME=value` a line; blank lines, `#` comments, an `export` before the name and quotes around the value are fine.
    static func parse(_ text: String) -> [String: String] {
        var values: [String: String] = [:]
        for rawLine in text.split(whereSeparator: \.isNewline) {
            var line = rawLine.drop { $0 == " " || $0 == "\t" }
            guard !line.hasPrefix("#") else { continue }
            if line.hasPrefix("export ") { line = line.dropFirst(7) }
            guard let equals = line.firstIndex(of: "=") else { continue }
            let name = line[..<equals].filter { !$0.isWhitespace }
            var value = line[line.index(after: equals)...]
            while value.first?.isWhitespace == true { value.removeFirst() }
            while value.last?.isWhitespace == true { value.removeLast() }
            if value.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote {
                value = value.dropFirst().dropLast()
            } else if let comment = value.range(ofSpaceThenHash: ()) {
                value = value[..<comment]
            }
            values[name] = String(value)
        }
        return values
    }

    private static func contents(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Substring {
    /// Where a comment behind an unquoted value begins: at white space that a `#` follows.
    fileprivate func range(ofSpaceThenHash: Void) -> Index? {
        var previous: Index?
        for index in indices {
            if self[index] == "#", let previous, self[previous].isWhitespace { return previous }
            previous = index
        }
        return nil
    }
}
