import Crypto
import Domain
import EventLoop
import Services
import Store
import TestSupport
import Testing
import Wire

@Suite(.timeLimit(.minutes(1))) struct AccountSessionTests {
    private static let credentials = #"{"email":"Ann@Example.com","password":"correct horse"}"#

    @Loop private static func register(_ office: Office) async throws -> SessionGrant {
        try await office.accounts.register(
            input(#"{"email":"ann@example.com","password":"correct horse","name":"Ann"}"#))
    }

    private static func token(_ grant: SessionGrant, _ name: String) throws -> String {
        try #require(member(name, of: grant.json).stringValue)
    }

    @Loop private static func refresh(_ office: Office, _ token: String) async throws(ServiceError) -> SessionGrant {
        try await office.accounts.refresh(input(#"{"refreshToken":"\#(token)"}"#))
    }

    @Test func `who registers is a customer, logged in, and found by the address in any case`() async throws {
        try await withOffice { office in
            let grant = try await Self.register(office)
            let identity = try await office.accounts.authenticate(Self.token(grant, "accessToken"))
            #expect(identity == Identity(account: grant.account, session: grant.session, role: .customer))
            #expect(try member("tokenType", of: grant.json) == .string("Bearer"))
            #expect(try member("expiresIn", of: grant.json) == .integer(900))
            #expect(try member("user", of: grant.json)["email"] == .string("ann@example.com"))
            let again = try await office.accounts.logIn(input(Self.credentials))
            #expect(again.account == grant.account)
            #expect(again.session != grant.session)
        }
    }

    @Test func `an address can be registered once, whatever its case`() async throws {
        try await withOffice { office in
            _ = try await Self.register(office)
            let code = await refusal {
                _ = try await office.accounts.register(
                    input(#"{"email":"ANN@example.com","password":"another one","name":"Other"}"#))
            }
            #expect(code == "EMAIL_TAKEN")
        }
    }

    @Test func `nobody registers as an admin, with a short password or without a name`() async throws {
        try await withOffice { office in
            do throws(ServiceError) {
                _ = try await office.accounts.register(
                    input(#"{"email":"x","password":"short","name":"  ","role":"ADMIN","locale":"e"}"#))
                Issue.record("registered")
            } catch {
                #expect(
                    error.fields.map { "\($0.field) \($0.code)" } == [
                        "email INVALID_VALUE", "password TOO_SHORT", "name TOO_SHORT", "role INVALID_VALUE",
                        "locale TOO_SHORT",
                    ])
            }
        }
    }

    @Test func `a wrong address and a wrong password are told alike`() async throws {
        try await withOffice { office in
            _ = try await Self.register(office)
            for body in [
                #"{"email":"ann@example.com","password":"wrong"}"#, #"{"email":"bob@example.com","password":"wrong"}"#,
                #"{"email":"no address","password":"wrong"}"#,
            ] {
                #expect(await refusal { _ = try await office.accounts.logIn(input(body)) } == "INVALID_CREDENTIALS")
            }
        }
    }

    @Test func `tokens end at their second, and only this node's secret makes them`() async throws {
        try await withOffice { office in
            let grant = try await Self.register(office)
            let token = try Self.token(grant, "accessToken")
            #expect(
                try office.accounts.accessExpiry(token).milliseconds == office.timing.wallMilliseconds + 900_000)
            office.timing.advance(by: .milliseconds(899_999))
            _ = try office.accounts.verifySignature(token)
            office.timing.advance(by: .milliseconds(1))
            #expect(await refusal { _ = try office.accounts.verifySignature(token) } == "TOKEN_EXPIRED")

            let now = office.timing.wallMilliseconds / 1000
            let forged = try TokenSigner(secret: Array("another secret".utf8)).sign(
                AccessClaims(
                    subject: grant.account.description, session: grant.session.description, role: "ADMIN",
                    issuedAt: now, expiresAt: now + 60))
            #expect(await refusal { _ = try office.accounts.verifySignature(forged) } == "TOKEN_INVALID")
        }
    }

    @Test func `a log-out ends this session everywhere and no other of the account`() async throws {
        try await withOffice { office in
            let first = try await Self.register(office)
            let second = try await office.accounts.logIn(input(Self.credentials))
            let identity = try await office.accounts.authenticate(Self.token(first, "accessToken"))
            try await office.accounts.logOut(identity)
            let access = try Self.token(first, "accessToken")
            #expect(await refusal { _ = try await office.accounts.authenticate(access) } == "SESSION_REVOKED")
            let old = try Self.token(first, "refreshToken")
            #expect(await refusal { _ = try await Self.refresh(office, old) } == "REFRESH_TOKEN_INVALID")
            _ = try await office.accounts.authenticate(Self.token(second, "accessToken"))
            #expect(office.notes.access.first?.sessionID == first.session)
            #expect(office.notes.access.first?.reason == "LOGGED_OUT")
        }
    }

    @Test func `the predecessor of a refresh token is good once more, an older one ends the session`() async throws {
        try await withOffice { office in
            let zero = try await Self.register(office)
            let one = try await Self.refresh(office, Self.token(zero, "refreshToken"))
            #expect(one.session == zero.session)
            // The answer was lost: the same again.
            let two = try await Self.refresh(office, Self.token(zero, "refreshToken"))
            let three = try await Self.refresh(office, Self.token(two, "refreshToken"))
            let access = try Self.token(three, "accessToken")
            _ = try await office.accounts.authenticate(access)
            let oldest = try Self.token(zero, "refreshToken")
            #expect(await refusal { _ = try await Self.refresh(office, oldest) } == "REFRESH_TOKEN_INVALID")
            #expect(office.notes.access.last?.reason == "REFRESH_REUSED")
            #expect(await refusal { _ = try await office.accounts.authenticate(access) } == "SESSION_REVOKED")
        }
    }

    @Test
    func `an end of a session that another node brought about holds from its message on, else from the next look`()
        async throws
    {
        try await withOffice { office in
            let grant = try await Self.register(office)
            let token = try Self.token(grant, "accessToken")
            _ = try await office.accounts.authenticate(token)
            _ = try await office.store.revokeSession(grant.session, reason: "LOGGED_OUT")
            // Not heard of yet: the look of a moment ago counts.
            _ = try await office.accounts.authenticate(token)
            office.accounts.sessionEnded(
                AccessChange(accountID: grant.account, sessionID: grant.session, reason: "LOGGED_OUT"))
            #expect(await refusal { _ = try await office.accounts.authenticate(token) } == "SESSION_REVOKED")

            let other = try await office.accounts.logIn(input(Self.credentials))
            let second = try Self.token(other, "accessToken")
            _ = try await office.accounts.authenticate(second)
            _ = try await office.store.revokeSession(other.session, reason: "LOGGED_OUT")
            office.timing.advance(by: .seconds(10))
            #expect(await refusal { _ = try await office.accounts.authenticate(second) } == "SESSION_REVOKED")
        }
    }

    @Test func `a changed role asks for a new token, a lock ends every session`() async throws {
        try await withOffice { office in
            let grant = try await Self.register(office)
            let token = try Self.token(grant, "accessToken")
            _ = try await office.accounts.authenticate(token)
            _ = try await office.accounts.update(account: grant.account, input(#"{"role":"MERCHANT"}"#))
            #expect(await refusal { _ = try await office.accounts.authenticate(token) } == "TOKEN_EXPIRED")
            let fresh = try await Self.refresh(office, Self.token(grant, "refreshToken"))
            let identity = try await office.accounts.authenticate(Self.token(fresh, "accessToken"))
            #expect(identity.role == .merchant)

            _ = try await office.accounts.update(account: grant.account, input(#"{"status":"LOCKED"}"#))
            let access = try Self.token(fresh, "accessToken")
            #expect(await refusal { _ = try await office.accounts.authenticate(access) } == "SESSION_REVOKED")
            #expect(
                await refusal { _ = try await office.accounts.logIn(input(Self.credentials)) } == "ACCOUNT_LOCKED")
            #expect(office.notes.access.map(\.reason) == ["ROLE_CHANGED", "ACCOUNT_LOCKED"])
        }
    }

    @Test func `a hash of another cost is made anew at the next log-in`() async throws {
        try await withOffice { office in
            let grant = try await Self.register(office)
            let dearer = try PasswordHash.make(
                password: "correct horse", cost: #require(ScryptCost(logN: 5))
            ).stored
            _ = try await office.store.updateAccount(grant.account, AccountChanges(passwordHash: dearer))
            _ = try await office.accounts.logIn(input(Self.credentials))
            let kept = try #require(try await office.store.account(grant.account)).passwordHash
            #expect(kept != dearer)
            #expect(try PasswordHash(stored: kept).cost.logN == 4)
        }
    }

    @Test func `more log-ins than the node can hash are refused, the others answered`() async throws {
        try await withOffice { office in
            let tasks = (0..<60).map { _ in
                Task.immediate(executorPreference: Loop.taskExecutor) { @Loop in
                    await refusal {
                        _ = try await office.accounts.register(
                            input(#"{"email":"ann@example.com","password":"correct horse","name":"Ann"}"#))
                    }
                }
            }
            var codes: [String?: Int] = [:]
            for task in tasks { codes[await task.value, default: 0] += 1 }
            #expect(codes[nil] == 1)
            #expect(codes["EMAIL_TAKEN"] == 33)
            #expect(codes["UNAVAILABLE"] == 26)
        }
    }
}
