import EventLoop
import Wire

/// The REST side of the cluster: asks until there is an answer that is one.
@Loop
final class API {
    /// A final answer, and whether an earlier try may have done already what it was asked.
    struct Answer {
        let reply: HTTPReply
        let followsUnknownOutcome: Bool

        var json: JSONValue { reply.json }
    }

    let pool: HTTPPool
    /// Requests that had to be sent again.
    private(set) var retries = 0

    init(door: Door) { pool = HTTPPool(door: door) }

    static let base = "/api/v1"

    /// Sends until the answer is neither an error of the way there nor "busy", for `Pace.patience` at most. A creating
    /// POST wants an idempotency key, so that it may be repeated.
    func request(
        _ method: HTTPMethod, _ path: String, as account: Account? = nil, body: [UInt8] = [],
        idempotencyKey: String? = nil
    ) async throws(ReplayError) -> Answer {
        let limit = SystemTiming.shared.now + Pace.patience
        var failures = 0
        var renewals = 0
        var isUncertain = false
        while true {
            var wait: Duration?
            var problem: ReplayError
            do throws(ReplayError) {
                var headers = HTTPHeaders()
                if let account { headers.append("Authorization", "Bearer \(account.accessToken)") }
                if let idempotencyKey { headers.append("Idempotency-Key", idempotencyKey) }
                let reply = try await pool.send(
                    method, Self.base + path, headers: headers, body: body, timeout: Pace.requestTimeout)
                if reply.status == 401, let account, renewals < Self.maximumRenewals {
                    renewals += 1
                    await account.renew()
                    continue
                }
                guard reply.isTemporary else { return Answer(reply: reply, followsUnknownOutcome: isUncertain) }
                wait = reply.retryAfter
                // A gateway's error does not tell whether the node behind it had done it.
                if reply.status == 502 || reply.status == 503 || reply.status == 504 { isUncertain = true }
                problem = .refused("\(method.name) \(path): \(reply.status) \(reply.code)")
            } catch {
                if case .outcomeUnknown = error { isUncertain = true }
                problem = error
            }
            guard SystemTiming.shared.now < limit else { throw problem }
            failures += 1
            retries += 1
            let pause = Pace.delay(Pace.requests, failures: failures)
            await Pace.sleep(max(pause, min(wait ?? .zero, Self.longestRetryAfter)))
        }
    }

    /// `request` for what must succeed: answers the JSON.
    func ask(
        _ method: HTTPMethod, _ path: String, as account: Account? = nil, body: [UInt8] = [],
        idempotencyKey: String? = nil
    ) async throws(ReplayError) -> JSONValue {
        let answer = try await request(
            method, path, as: account, body: body, idempotencyKey: idempotencyKey)
        guard (200..<300).contains(answer.reply.status) else { throw Self.refusal(method, path, answer.reply) }
        return answer.json
    }

    static func refusal(_ method: HTTPMethod, _ path: String, _ reply: HTTPReply) -> ReplayError {
        let detail = reply.json["errors"]?[0]?["message"]?.stringValue ?? reply.json["detail"]?.stringValue ?? ""
        return .refused("\(method.name) \(path): \(reply.status) \(reply.code) \(detail)")
    }

    private static let maximumRenewals = 2
    private static let longestRetryAfter: Duration = .seconds(10)
}

/// A JSON object's bytes.
func jsonObject(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter()
    writer.object(body)
    return writer.bytes
}
