public import Crypto
public import Domain
public import EventLoop
public import Store
public import Telemetry
import Wire

/// Who somebody is: registration, log-in, sessions, tokens, and the accounts that an ADMIN looks after.
///
/// - PostgreSQL away: sessions looked up in the last seconds stay good, everything else is 503.
/// - The end of a session is committed first, then told to every node; a node that does not hear of it learns it from
///   the feed, or at the latest when its look at the session is `SessionCache.life` old.
@Loop
public final class Accounts {
    let store: Store
    let signer: TokenSigner
    let settings: AccountSettings
    let identifiers: IdentifierSource
    let events: any AccessEvents
    let timing: any Timing
    let log: Log
    let hasher: PasswordHasher
    private let sessions: SessionCache

    public init(
        store: Store, signer: TokenSigner, settings: AccountSettings, identifiers: IdentifierSource,
        events: any AccessEvents, timing: any Timing, log: Log
    ) {
        self.store = store
        self.signer = signer
        self.settings = settings
        self.identifiers = identifiers
        self.events = events
        self.timing = timing
        self.log = log
        hasher = PasswordHasher(cost: settings.passwordCost)
        sessions = SessionCache(timing: timing)
    }

    // MARK: Tokens

    /// Who bears an access token, by its signature and times alone: whether its session still holds is not asked.
    public func verifySignature(_ token: String) throws(ServiceError) -> Identity {
        try Self.identity(of: claims(token))
    }

    /// From when on an access token is no longer good.
    public func accessExpiry(_ token: String) throws(ServiceError) -> TimeStamp {
        TimeStamp(milliseconds: try claims(token).expiresAt * 1000)
    }

    /// Who bears an access token, its session still being good.
    public func authenticate(_ token: String) async throws(ServiceError) -> Identity {
        let identity = try verifySignature(token)
        if sessions.holds(identity) { return identity }
        _ = try await currentSession(of: identity)
        return identity
    }

    /// `{valid, user, expiresAt}` for a token whose session is good, asked of the database.
    public func verify(_ token: String) async throws(ServiceError) -> [UInt8] {
        let claims = try claims(token)
        let session = try await currentSession(of: Self.identity(of: claims))
        var writer = JSONWriter(reservingCapacity: 384)
        writer.object {
            $0.field("valid", true)
            $0.field("user", raw: session.accountJSON)
            $0.field("expiresAt", TimeStamp(milliseconds: claims.expiresAt * 1000).description)
        }
        return writer.bytes
    }

    /// What has been heard of an end of sessions, by whatever way: it is no longer taken for good here.
    public func sessionEnded(_ change: AccessChange) {
        if let session = change.sessionID {
            sessions.end(session: session)
        } else {
            sessions.end(account: change.accountID)
        }
    }

    private func currentSession(of identity: Identity) async throws(ServiceError) -> SessionView {
        let endings = sessions.endings
        let found = try await storing { () async throws(StoreError) in try await store.session(identity.session) }
        guard let session = found, session.state == .active, session.accountID == identity.account else {
            throw .sessionRevoked
        }
        // The account has another role than the token says: a refresh brings one that says so.
        guard session.role == identity.role else { throw .tokenExpired }
        sessions.keep(identity, endings: endings)
        return session
    }

    private func claims(_ token: String) throws(ServiceError) -> AccessClaims {
        do throws(CryptoError) {
            return try signer.verify(token, now: timing.wallMilliseconds)
        } catch {
            throw error == .expiredToken ? .tokenExpired : .tokenInvalid
        }
    }

    private static func identity(of claims: AccessClaims) throws(ServiceError) -> Identity {
        guard let account = UUID16(claims.subject), let session = UUID16(claims.session),
            let role = Role(rawValue: claims.role)
        else { throw .tokenInvalid }
        return Identity(account: account, session: session, role: role)
    }

    // MARK: What others do with sessions

    /// Tells every node, this one first.
    func announce(_ change: AccessChange) {
        sessionEnded(change)
        events.publish(access: change)
    }
}
