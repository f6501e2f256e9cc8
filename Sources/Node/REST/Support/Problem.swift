import Realtime
import Services
import Wire

/// Errors as RFC 9457 problem details.
enum Problem {
    static func response(_ error: ServiceError, correlationID: String, acceptLanguage: String?) -> Response {
        var response = response(
            status: error.kind.status, code: error.code, detail: error.publicDetail, fields: error.fields,
            correlationID: correlationID, acceptLanguage: acceptLanguage)
        if let seconds = error.retryAfter { response.headers.append("Retry-After", String(seconds)) }
        if error.kind == .unauthorized { response.headers.append("WWW-Authenticate", "Bearer") }
        return response
    }

    /// What the server answers by itself.
    static func response(_ failure: HTTPFailure) -> Response {
        var response = response(
            status: failure.status, code: failure.code, detail: failure.detail, fields: [],
            correlationID: failure.correlationID, acceptLanguage: failure.acceptLanguage)
        if failure.status == 503 { response.headers.append("Retry-After", "1") }
        return response
    }

    private static func response(
        status: Int, code: String, detail: String, fields: [FieldProblem], correlationID: String,
        acceptLanguage: String?
    ) -> Response {
        let language = ProblemTitles.language(for: acceptLanguage)
        var writer = JSONWriter(reservingCapacity: 384)
        writer.object {
            $0.field("type", "urn:lastmile:problem:\(code)")
            $0.field("title", ProblemTitles.title(of: status, in: language))
            $0.field("status", status)
            $0.field("detail", detail)
            $0.field("code", code)
            $0.field("correlationId", correlationID)
            guard status == 422 else { return }
            var errors = JSONWriter()
            errors.array {
                for field in fields {
                    $0.object {
                        $0.field("field", field.field)
                        $0.field("code", field.code)
                        $0.field("message", field.message)
                    }
                }
            }
            $0.field("errors", raw: errors.bytes)
        }
        var headers = HTTPHeaders()
        headers.append("Content-Type", "application/problem+json")
        headers.append("Content-Language", language)
        headers.append("Cache-Control", "no-store")
        return Response(status: status, headers: headers, body: writer.bytes)
    }
}
