import Crypto
import Domain
import EventLoop
import Store
import Telemetry
import Wire

extension Accounts {
    /// Creates an account and logs it in: `{email, password, name, role?, locale?}`.
    public func register(_ body: InputReader) async throws(ServiceError) -> SessionGrant {
        var input = body
        let email = input.email("email")
        let password = input.text("password", characters: InputLimits.passwordLengths)
        let name = input.name("name")
        let role = input.optionalChoice("role", RegistrableRole.self) ?? .customer
        let locale = input.locale("locale")
        try input.finish()

        let account = try await create(email: email, password: password, name: name, role: role.role, locale: locale)
        return try await begin(account: account.id, role: role.role, accountJSON: account.json)
    }

    /// `{email, password}`. A wrong address and a wrong password are told alike and take the same time.
    public func logIn(_ body: InputReader) async throws(ServiceError) -> SessionGrant {
        var input = body
        let email = input.text("email", characters: 1...InputLimits.emailLength)
        let password = input.text("password", characters: 1...InputLimits.passwordLengths.upperBound)
        try input.finish()

        let address = EmailAddress(email)?.description ?? email
        let account = try await storing { () async throws(StoreError) in try await store.account(email: address) }
        let isRight = try await hasher.verify(password, against: account?.passwordHash)
        guard let account, isRight else { throw .invalidCredentials }
        guard !account.isLocked else { throw .accountLocked }
        if hasher.isOutdated(account.passwordHash) { await rehash(account.id, password) }
        return try await begin(account: account.id, role: account.role, accountJSON: account.json)
    }

    /// Exchanges `{refreshToken}` for new tokens. The predecessor stays good for 30 s, whatever is older ends the session.
    public func refresh(_ body: InputReader) async throws(ServiceError) -> SessionGrant {
        var input = body
        let text = input.text("refreshToken", characters: 1...200)
        try input.finish()

        guard let token = SessionToken(text) else { throw .refreshTokenInvalid }
        let fresh = try makeRefreshToken()
        let rotation = try await storing { () async throws(StoreError) in
            try await store.rotateSession(
                token.session, refreshHash: token.secretHash, newHash: fresh.hash, lifeSeconds: settings.sessionSeconds)
        }
        switch rotation {
        case .rotated: break
        case .revoked(let account, let reason):
            // Told again when it had ended before: whoever did not hear of it does now.
            announce(AccessChange(accountID: account, sessionID: token.session, reason: reason))
            throw .refreshTokenInvalid
        case .unknown, .expired: throw .refreshTokenInvalid
        }
        let found = try await storing { () async throws(StoreError) in try await store.session(token.session) }
        guard let session = found, session.state == .active else { throw .refreshTokenInvalid }
        return try grant(
            account: session.accountID, session: token.session, role: session.role, accountJSON: session.accountJSON,
            refreshSecret: fresh.text)
    }

    /// Ends the session: its tokens and its sockets, on every node.
    public func logOut(_ identity: Identity) async throws(ServiceError) {
        _ = try await storing { () async throws(StoreError) in
            try await store.revokeSession(identity.session, reason: Self.loggedOut)
        }
        announce(AccessChange(accountID: identity.account, sessionID: identity.session, reason: Self.loggedOut))
    }

    /// What `session_revoked` says after a log-out.
    private static let loggedOut = "LOGGED_OUT"

    // MARK: Parts

    func create(
        email: String, password: String, name: String, role: Role, locale: String?
    ) async throws(ServiceError) -> (id: UUID16, json: [UInt8]) {
        let hash = try await hasher.hash(password)
        let id = identifiers.next()
        let change = try await storing { () async throws(StoreError) in
            try await store.createAccount(
                id: id, email: email, name: name, passwordHash: hash, role: role, locale: locale)
        }
        guard change.isDone else { throw .emailTaken }
        return (id, change.json)
    }

    private func begin(account: UUID16, role: Role, accountJSON: [UInt8]) async throws(ServiceError) -> SessionGrant {
        let session = identifiers.next()
        let refresh = try makeRefreshToken()
        try await storing { () async throws(StoreError) in
            try await store.createSession(
                session, account: account, refreshHash: refresh.hash, lifeSeconds: settings.sessionSeconds)
        }
        return try grant(
            account: account, session: session, role: role, accountJSON: accountJSON, refreshSecret: refresh.text)
    }

    private func grant(
        account: UUID16, session: UUID16, role: Role, accountJSON: [UInt8], refreshSecret: String
    ) throws(ServiceError) -> SessionGrant {
        let now = timing.wallMilliseconds / 1000
        let claims = AccessClaims(
            subject: account.description, session: session.description, role: role.rawValue, issuedAt: now,
            expiresAt: now + Int64(settings.accessTokenSeconds))
        let access: String
        do throws(CryptoError) {
            access = try signer.sign(claims)
        } catch {
            throw .signingFailed
        }
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.object {
            $0.field("user", raw: accountJSON)
            $0.field("accessToken", access)
            $0.field("refreshToken", SessionToken.text(session: session, secret: refreshSecret))
            $0.field("tokenType", "Bearer")
            $0.field("expiresIn", settings.accessTokenSeconds)
        }
        return SessionGrant(account: account, session: session, json: writer.bytes)
    }

    private func makeRefreshToken() throws(ServiceError) -> RefreshToken {
        do throws(CryptoError) {
            return try RefreshToken.make()
        } catch {
            throw .signingFailed
        }
    }

    /// The cost of hashes was raised since: the password is at hand now. A failure leaves the old hash, which stays good.
    private func rehash(_ account: UUID16, _ password: String) async {
        do throws(ServiceError) {
            let hash = try await hasher.hash(password)
            _ = try await storing { () async throws(StoreError) in
                try await store.updateAccount(account, AccountChanges(passwordHash: hash))
            }
        } catch {
            log.warning("password.rehash_failed", ["code": .string(error.code)])
        }
    }
}
