import Domain
import EventLoop
import Wire

/// One person's account: registered here, its tokens kept fresh.
@Loop
final class Account {
    let name: String
    let email: String
    let role: Role
    private let password: String
    private unowned let api: API

    private(set) var id = ""
    private(set) var accessToken = ""
    private var refreshToken = ""
    private var timer: ScheduledTimer?
    private var isRenewing = false
    private var waiters: [CheckedContinuation<Void, Never>] = []
    /// Told of each new access token.
    var onToken: (@Loop (String) -> Void)?

    /// Share of a token's life after which it is replaced.
    private static let renewalShare = 0.7

    init(name: String, email: String, role: Role, password: String, api: API) {
        self.name = name
        self.email = email
        self.role = role
        self.password = password
        self.api = api
    }

    func register() async throws(ReplayError) {
        let body = jsonObject {
            $0.field("email", email)
            $0.field("password", password)
            $0.field("name", name)
            $0.field("role", role.rawValue)
        }
        let answer = try await api.request(.post, "/auth/register", body: body)
        if answer.reply.status == 409, answer.followsUnknownOutcome { return try await logIn() }
        guard answer.reply.status == 201 else { throw API.refusal(.post, "/auth/register", answer.reply) }
        try take(answer.json)
    }

    private func logIn() async throws(ReplayError) {
        let body = jsonObject {
            $0.field("email", email)
            $0.field("password", password)
        }
        try take(try await api.ask(.post, "/auth/login", body: body))
    }

    /// Gets new tokens, by login when the refresh token is no longer good; callers at the same time share one. A failure
    /// shows at the next use.
    func renew() async {
        guard !isRenewing else {
            await withCheckedContinuation { waiters.append($0) }
            return
        }
        isRenewing = true
        do throws(ReplayError) {
            let body = jsonObject { $0.field("refreshToken", refreshToken) }
            let answer = try await api.request(.post, "/auth/refresh", body: body)
            if answer.reply.status == 200 || answer.reply.status == 201 {
                try take(answer.json)
            } else {
                try await logIn()
            }
            onToken?(accessToken)
        } catch {
            timer = SystemTiming.shared.after(Pace.delay(Pace.requests, failures: 3)) { [weak self] in
                self?.renewSoon()
            }
        }
        isRenewing = false
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.resume() }
    }

    private func renewSoon() { Loop.start { await self.renew() } }

    /// No more renewals.
    func retire() {
        timer?.cancel()
        timer = nil
    }

    private func take(_ grant: JSONValue) throws(ReplayError) {
        guard let id = grant["user"]?["id"]?.stringValue, let access = grant["accessToken"]?.stringValue,
            let refresh = grant["refreshToken"]?.stringValue
        else { throw .refused("an answer of auth without user and tokens: is this a Lastmile cluster?") }
        self.id = id
        accessToken = access
        refreshToken = refresh
        timer?.cancel()
        guard let seconds = grant["expiresIn"]?.doubleValue, seconds > 0 else { return }
        timer = SystemTiming.shared.after(.seconds(seconds * Self.renewalShare)) { [weak self] in self?.renewSoon() }
    }
}
