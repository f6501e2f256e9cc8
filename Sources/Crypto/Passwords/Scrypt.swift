import COpenSSL

/// Derives a key from a password (RFC 7914). Blocks for as long as the cost asks (some 300 ms at OWASP's): callers run
/// it off the loop.
///
/// - Throws: `CryptoError.failed` without memory.
public func scrypt(
    password: [UInt8], salt: [UInt8], cost: ScryptCost, length: Int
) throws(CryptoError) -> [UInt8] {
    var key = [UInt8](repeating: 0, count: length)
    let done = password.withUnsafeBytes { password in
        EVP_PBE_scrypt(
            password.bindMemory(to: CChar.self).baseAddress, password.count, salt, salt.count, 1 << UInt64(cost.logN),
            UInt64(cost.blockSize), UInt64(cost.parallelism), UInt64(cost.memoryLimit), &key, key.count)
    }
    guard done == 1 else {
        ERR_clear_error()
        throw .failed(operation: "EVP_PBE_scrypt")
    }
    return key
}
