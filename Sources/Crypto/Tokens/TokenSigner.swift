/// Signs and checks access tokens: JSON Web Tokens (RFC 7519) under HS256 (RFC 7515, 7518 3.2) and no other algorithm.
///
/// Checking hashes a few hundred bytes: cheap enough for the loop.
public struct TokenSigner: Sendable {
    private let key: [UInt8]

    /// - Parameters:
    ///   - secret: at least 32 bytes for real use (RFC 7518, 3.2); shorter ones work, and production refuses them at start.
    public init(secret: [UInt8]) {
        key = secret
    }

    /// - Throws: `CryptoError.failed` without memory.
    public func sign(_ claims: AccessClaims) throws(CryptoError) -> String {
        let payload =
            "{\"sub\":\(ClaimsJSON.quoted(claims.subject)),\"sid\":\(ClaimsJSON.quoted(claims.session)),"
            + "\"role\":\(ClaimsJSON.quoted(claims.role)),\"iat\":\(claims.issuedAt),\"exp\":\(claims.expiresAt)}"
        let signed = Self.header + "." + Base64URL.encode(Array(payload.utf8))
        return signed + "." + Base64URL.encode(try hmacSHA256(key: key, Array(signed.utf8)))
    }

    /// Checks signature, then form, then time; what a forged token says is never read.
    ///
    /// - Parameters:
    ///   - now: Unix milliseconds. There is no leeway: in the second `exp` names it is expired already.
    /// - Throws: `CryptoError.invalidToken`, or `.expiredToken` for one that was good.
    public func verify(_ token: String, now: Int64) throws(CryptoError) -> AccessClaims {
        let members = try payload(token)
        guard case .string(let subject) = members["sub"], case .string(let session) = members["sid"],
            case .string(let role) = members["role"], case .integer(let issuedAt) = members["iat"],
            case .integer(let expiresAt) = members["exp"]
        else { throw .invalidToken }
        // `nbf` is not issued here; one that says so must still be heeded (RFC 7519, 4.1.5).
        if let notBefore = members["nbf"] {
            guard case .integer(let second) = notBefore, second <= now / 1000 else { throw .invalidToken }
        }
        guard now / 1000 < expiresAt else { throw .expiredToken }
        return AccessClaims(
            subject: subject, session: session, role: role, issuedAt: issuedAt, expiresAt: expiresAt)
    }

    /// The claims of a token whose header and signature are good.
    func payload(_ token: String) throws(CryptoError) -> [String: ClaimsJSON.Value] {
        guard token.utf8.count <= Self.maximumLength else { throw .invalidToken }
        let parts = Array(token.utf8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, Self.isAccepted(header: parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw .invalidToken }
        let signed = Array(parts[0]) + [UInt8(ascii: ".")] + Array(parts[1])
        guard constantTimeEquals(try hmacSHA256(key: key, signed), signature),
            let members = ClaimsJSON.members(payload)
        else { throw .invalidToken }
        return members
    }

    private static func isAccepted(header: ArraySlice<UInt8>) -> Bool {
        if header.elementsEqual(Self.header.utf8) { return true }
        guard let bytes = Base64URL.decode(header), let fields = ClaimsJSON.members(bytes) else { return false }
        // Extensions that must be understood are not (RFC 7515, 4.1.11).
        return fields["alg"] == .string("HS256") && fields["crit"] == nil
            && (fields["typ"] == nil || fields["typ"] == .string("JWT"))
    }

    /// `{"alg":"HS256","typ":"JWT"}`
    private static let header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    /// Characters: ten times what is issued; what is longer is not worth hashing.
    private static let maximumLength = 4096
}
