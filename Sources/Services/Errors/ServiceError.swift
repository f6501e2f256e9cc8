/// Why a service did not do what it was asked. Transports turn it into their own form (problem+json, an ack).
public struct ServiceError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Int, Sendable {
        case badRequest = 400
        case unauthorized = 401
        case forbidden = 403
        case notFound = 404
        case conflict = 409
        case preconditionFailed = 412
        case unsupportedMediaType = 415
        case invalidInput = 422
        case tooManyRequests = 429
        case `internal` = 500
        case unavailable = 503

        /// The HTTP status (RFC 9110, 15).
        public var status: Int { rawValue }
    }

    public let kind: Kind
    /// Stable and documented.
    public let code: String
    /// For people; says nothing that the caller may not know.
    public let detail: String
    /// With `invalidInput`: one entry for each field that is wrong.
    public let fields: [FieldProblem]
    /// Seconds after which it may be tried again.
    public let retryAfter: Int?

    public init(_ kind: Kind, _ code: String, _ detail: String, fields: [FieldProblem] = [], retryAfter: Int? = nil) {
        self.kind = kind
        self.code = code
        self.detail = detail
        self.fields = fields
        self.retryAfter = retryAfter
    }

    /// `detail` as anybody may read it: what went wrong inside is for the log alone.
    public var publicDetail: String { kind == .internal ? "Something went wrong inside; it has been logged." : detail }

    public var description: String { "\(code): \(detail)" }

    public static let notFound = ServiceError(.notFound, "NOT_FOUND", "There is no such resource.")
    public static let forbidden = ServiceError(.forbidden, "FORBIDDEN", "Your role does not allow this.")
    /// PostgreSQL is away or did not answer in time. Whether a change took effect may be unknown: ask again.
    public static let unavailable = ServiceError(
        .unavailable, "UNAVAILABLE", "The service cannot answer right now; try again.", retryAfter: 2)
    public static let versionConflict = ServiceError(
        .preconditionFailed, "VERSION_MISMATCH", "The resource has changed since the version you named.")

    public static func invalid(_ field: String, _ code: String, _ message: String) -> ServiceError {
        .invalid([FieldProblem(field: field, code: code, message: message)])
    }

    public static func invalid(_ fields: [FieldProblem]) -> ServiceError {
        ServiceError(
            .invalidInput, fields.contains { $0.code == "UNKNOWN_FIELD" } ? "UNKNOWN_FIELD" : "VALIDATION_FAILED",
            fields.map { "\($0.field): \($0.message)" }.joined(separator: "; "), fields: fields)
    }
}

/// One field of the input that is wrong.
public struct FieldProblem: Sendable, Equatable {
    /// Its path: `items[2].quantity`.
    public let field: String
    /// `REQUIRED`, `INVALID_TYPE`, `OUT_OF_RANGE`, `TOO_LONG`, `TOO_SHORT`, `INVALID_VALUE`, `UNKNOWN_FIELD`, …
    public let code: String
    public let message: String

    public init(field: String, code: String, message: String) {
        self.field = field
        self.code = code
        self.message = message
    }
}
