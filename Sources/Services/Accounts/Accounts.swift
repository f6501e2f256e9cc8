import Crypto
import Domain
public import EventLoop

/// Who somebody is: registration, log-in, sessions, tokens.
@Loop
public final class Accounts {
    let signer: TokenSigner
    let timing: any Timing

    init(signer: TokenSigner, timing: any Timing) {
        self.signer = signer
        self.timing = timing
    }

    /// Who bears an access token, by its signature and times alone: whether its session still holds is not asked.
    public func verifySignature(_ token: String) throws(ServiceError) -> Identity {
        try identity(of: claims(token))
    }

    /// Who bears an access token, its session still being good.
    public func authenticate(_ token: String) async throws(ServiceError) -> Identity {
        try verifySignature(token)
    }

    func claims(_ token: String) throws(ServiceError) -> AccessClaims {
        do throws(CryptoError) {
            return try signer.verify(token, now: timing.wallMilliseconds)
        } catch {
            throw error == .expiredToken ? .tokenExpired : .tokenInvalid
        }
    }

    func identity(of claims: AccessClaims) throws(ServiceError) -> Identity {
        guard let account = UUID16(claims.subject), let session = UUID16(claims.session),
            let role = Role(rawValue: claims.role)
        else { throw .tokenInvalid }
        return Identity(account: account, session: session, role: role)
    }
}
