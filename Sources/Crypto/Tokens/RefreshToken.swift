/// An opaque token of 256 random bits. Its bearer gets the text; the database keeps the hash alone, so that a stolen
/// table opens nothing. A plain hash suffices: such a token cannot be guessed.
public struct RefreshToken: Hashable, Sendable {
    /// What the bearer gets: 43 characters.
    public let text: String
    /// What is stored: SHA-256 of the text.
    public let hash: [UInt8]

    /// - Throws: `CryptoError.failed` when the system gives no entropy.
    public static func make() throws(CryptoError) -> RefreshToken {
        let text = Base64URL.encode(try randomBytes(byteCount))
        return RefreshToken(text: text, hash: sha256(Array(text.utf8)))
    }

    /// The hash to look up for what a client sent; nil for what no token looks like, so that it costs no query.
    public static func hash(ofReceived text: String) -> [UInt8]? {
        guard text.utf8.count == textLength, Base64URL.decode(text) != nil else { return nil }
        return sha256(Array(text.utf8))
    }

    private static let byteCount = 32
    private static let textLength = 43
}
