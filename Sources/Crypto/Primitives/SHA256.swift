import COpenSSL

/// SHA-256 (FIPS 180-4): 32 bytes.
public func sha256(_ message: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    _ = SHA256(message, message.count, &digest)
    return digest
}

/// HMAC-SHA-256 (RFC 2104): 32 bytes. Of a key longer than a block (64 bytes) its hash is used, as the RFC has it.
///
/// - Throws: `CryptoError.failed` without memory.
public func hmacSHA256(key: [UInt8], _ message: [UInt8]) throws(CryptoError) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    var length: UInt32 = 0
    // OpenSSL takes a null key for "the key as before": an empty array must not become one.
    let done = (key.isEmpty ? [0] : key).withUnsafeBufferPointer { pointer in
        HMAC(EVP_sha256(), pointer.baseAddress, Int32(key.count), message, message.count, &code, &length) != nil
    }
    guard done, Int(length) == code.count else { throw .failed(operation: "HMAC") }
    return code
}
