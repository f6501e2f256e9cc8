import Domain
import EventLoop
import Realtime
import Services
import Telemetry
import Wire

/// What every route needs: who asks, and an answer for whatever goes wrong.
@Loop
struct RouteSupport {
    let accounts: Accounts
    let log: Log
    /// Nil when rates are not limited.
    let rates: RateLimits?

    init(accounts: Accounts, log: Log, rates: RateLimits? = nil) {
        self.accounts = accounts
        self.log = log
        self.rates = rates
    }

    /// Runs `body`, and answers its errors as problem+json.
    func answering(
        _ request: Request, _ body: () async throws(ServiceError) -> Response
    ) async -> Response {
        do throws(ServiceError) {
            return try await body()
        } catch {
            if error.kind == .internal {
                log.with(correlationID: request.correlationID)
                    .error("request.failed", ["detail": .string(error.detail)])
            }
            return Problem.response(
                error, correlationID: request.correlationID, acceptLanguage: request.headers["Accept-Language"])
        }
    }

    /// As `answering`, for an account in one of `roles`: 401 without a good token, 403 for another role.
    func authenticated(
        _ request: Request, roles: Set<Role> = Set(Role.allCases),
        _ body: (Identity) async throws(ServiceError) -> Response
    ) async -> Response {
        await answering(request) { () async throws(ServiceError) in
            let identity = try await identify(request)
            guard roles.contains(identity.role) else { throw ServiceError.forbidden }
            return try await body(identity)
        }
    }

    /// Who bears the request's token, its session still being good.
    func identify(_ request: Request) async throws(ServiceError) -> Identity {
        try await accounts.authenticate(bearerToken(request))
    }

    /// The token of `Authorization: Bearer` (RFC 6750, 2.1).
    func bearerToken(_ request: Request) throws(ServiceError) -> String {
        guard let header = request.headers["Authorization"] else { throw ServiceError.noToken }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw ServiceError.noToken }
        return parts[1].filter { $0 != " " }
    }

    /// The body as JSON, read member by member: 415 for another media type, 400 for what is not JSON.
    func input(_ request: Request) throws(ServiceError) -> InputReader {
        if let type = request.headers["Content-Type"] {
            let essence = type.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
            guard essence == "application/json" || essence.hasSuffix("+json") else {
                throw ServiceError(
                    .unsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "The body must be application/json.")
            }
        }
        return try InputReader(body: request.body)
    }

    /// As `input`, for bodies that may be left out.
    func optionalInput(_ request: Request) throws(ServiceError) -> InputReader {
        if request.body.isEmpty { return try InputReader(.object([])) }
        return try input(request)
    }

    /// The id that a path names. What is no id names nothing: 404.
    func id(_ request: Request, _ name: String = "id") throws(ServiceError) -> UUID16 {
        guard let text = request.parameters[name], let id = UUID16(text) else { throw ServiceError.notFound }
        return id
    }

    /// `If-Match` as a version; nil when absent or `*`.
    func expectedVersion(_ request: Request) throws(ServiceError) -> Int? {
        guard let header = request.headers["If-Match"], header != "*" else { return nil }
        let text = header.hasPrefix("W/") ? header.dropFirst(2) : header[...]
        guard text.count > 2, text.first == "\"", text.last == "\"", let version = Int(text.dropFirst().dropLast())
        else { throw ServiceError.versionConflict }
        return version
    }

    /// `Idempotency-Key`: 1 to 255 printable ASCII characters; nil when absent.
    func idempotencyKey(_ request: Request) throws(ServiceError) -> String? {
        guard let key = request.headers["Idempotency-Key"] else { return nil }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) || $0 == 0x20 })
        else {
            throw .invalid("Idempotency-Key", "INVALID_VALUE", "must be 1 to 255 printable ASCII characters")
        }
        return key
    }

    /// `?limit=`: 1 to 100, 20 when absent.
    func limit(_ request: Request) throws(ServiceError) -> Int {
        guard let text = request.query["limit"] else { return InputLimits.defaultPageSize }
        guard let limit = Int(text), InputLimits.pageSizes.contains(limit) else {
            throw .invalid("limit", "OUT_OF_RANGE", "must be a whole number from 1 to 100")
        }
        return limit
    }
}

extension ServiceError {
    static let noToken = ServiceError(
        .unauthorized, "TOKEN_MISSING", "Send Authorization: Bearer with an access token.")
}

extension Response {
    /// A resource with its version as ETag.
    static func resource(_ status: Int, _ json: [UInt8], version: Int? = nil, location: String? = nil) -> Response {
        var response = Response.json(status, json)
        if let version { response.headers.append("ETag", "\"\(version)\"") }
        if let location { response.headers.append("Location", location) }
        return response
    }
}
