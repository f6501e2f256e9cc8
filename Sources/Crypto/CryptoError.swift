/// What Crypto throws. It never carries a secret, nor what was being checked.
public enum CryptoError: Error, Hashable, Sendable {
    /// OpenSSL could not do it: no memory, no entropy, a cost beyond its bound.
    case failed(operation: String)
    /// A stored password hash that this version does not understand.
    case unreadableHash
    /// A token that is malformed, tampered with, or signed otherwise than with the one accepted algorithm.
    case invalidToken
    /// A token that was good until it expired.
    case expiredToken
}
