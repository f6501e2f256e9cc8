import COpenSSL

/// `count` unpredictable bytes of OpenSSL's generator, fit for keys.
///
/// - Throws: `CryptoError.failed` when the system gives no entropy.
public func randomBytes(_ count: Int) throws(CryptoError) -> [UInt8] {
    guard count > 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: count)
    guard RAND_bytes(&bytes, Int32(count)) == 1 else { throw .failed(operation: "RAND_bytes") }
    return bytes
}

/// 64 unpredictable bits from the kernel; never fails, costs one system call. For ids and jitter.
public func randomBits() -> UInt64 {
    var generator = SystemRandomNumberGenerator()
    return generator.next()
}
