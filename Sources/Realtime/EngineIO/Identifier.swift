/// Random names in base64url, from the system's generator.
enum Identifier {
    static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// `count` characters of six random bits each.
    static func random(_ count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return String(unsafeUninitializedCapacity: count) { buffer in
            var bits: UInt64 = 0
            for index in 0..<count {
                if index % 10 == 0 { bits = generator.next() }
                buffer[index] = alphabet[Int(bits & 63)]
                bits >>= 6
            }
            return count
        }
    }
}
