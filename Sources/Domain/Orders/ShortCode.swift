/// The code by which people call an order at the counter: six characters that cannot be mistaken for one another
/// (no 0, 1, I, L, O). It helps the eye and is neither unique nor secret.
public enum ShortCode {
    public static let length = 6

    /// - Parameters:
    ///   - random: 64 random bits; 31⁶ ≈ 887 million codes, the bias is below 10⁻¹⁰.
    public static func make(random: UInt64) -> String {
        var rest = random
        var code: [UInt8] = []
        for _ in 0..<length {
            code.append(alphabet[Int(rest % UInt64(alphabet.count))])
            rest /= UInt64(alphabet.count)
        }
        return String(decoding: code, as: UTF8.self)
    }

    static let alphabet: [UInt8] = Array("23456789ABCDEFGHJKMNPQRSTUVWXYZ".utf8)
}
