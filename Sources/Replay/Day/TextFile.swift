import Glibc

/// Whole small files, in and out.
enum TextFile {
    /// A day of 100,000 orders is a tenth of this.
    static let maximumBytes = 64 * 1024 * 1024

    static func read(_ path: String) throws(ReplayError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .instance("cannot read \(path): \(reason())") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .instance("cannot read \(path): \(reason())") }
            if count == 0 { break }
            bytes.append(contentsOf: buffer[..<count])
            guard bytes.count <= maximumBytes else { throw .instance("\(path) is larger than \(maximumBytes) bytes") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .instance("\(path) is not UTF-8") }
        return text
    }

    /// Finds out now whether `write` will be able to.
    static func checkWritable(_ path: String) throws(ReplayError) { close(try create(path, truncating: false)) }

    static func write(_ bytes: [UInt8], to path: String) throws(ReplayError) {
        let descriptor = try create(path, truncating: true)
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .output("cannot write \(path): \(reason())") }
            rest = rest.dropFirst(count)
        }
    }

    private static func create(_ path: String, truncating: Bool) throws(ReplayError) -> Int32 {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (truncating ? O_TRUNC : 0), 0o644)
        guard descriptor >= 0 else { throw .output("cannot write \(path): \(reason())") }
        return descriptor
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}
