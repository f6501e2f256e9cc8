import Realtime
import Services

extension RouteSupport {
    /// Names of the query that the route does not know are refused, so that typos are found.
    func allowQuery(_ request: Request, _ known: Set<String>) throws(ServiceError) {
        guard request.query.isDecodable else {
            throw .invalid("query", "INVALID_VALUE", "must be percent-encoded UTF-8 without NUL")
        }
        let unknown = request.query.pairs.filter { !known.contains($0.name) }
        guard unknown.isEmpty else {
            throw .invalid(
                unknown.map { FieldProblem(field: $0.name, code: "UNKNOWN_FIELD", message: "is not known here") })
        }
    }

    /// A number of the query; nil when absent.
    func number(_ request: Request, _ name: String, in range: ClosedRange<Double>) throws(ServiceError) -> Double? {
        guard let text = request.query[name] else { return nil }
        guard let number = Double(text) else { throw .invalid(name, "INVALID_TYPE", "must be a number") }
        guard range.contains(number) else {
            throw .invalid(name, "OUT_OF_RANGE", "must lie in \(range.lowerBound)…\(range.upperBound)")
        }
        return number
    }

    /// A whole number of the query; nil when absent.
    func whole(_ request: Request, _ name: String, in range: ClosedRange<Int>) throws(ServiceError) -> Int? {
        guard let text = request.query[name] else { return nil }
        guard let number = Int(text) else { throw .invalid(name, "INVALID_TYPE", "must be a whole number") }
        guard range.contains(number) else {
            throw .invalid(name, "OUT_OF_RANGE", "must lie in \(range.lowerBound)…\(range.upperBound)")
        }
        return number
    }

    /// One of the values of a type, or nil when absent.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ request: Request, _ name: String, _ type: Choice.Type
    ) throws(ServiceError) -> Choice? {
        guard let text = request.query[name] else { return nil }
        return try pick(name, text)
    }

    /// Several of the values of a type, separated by commas; none when absent.
    func choices<Choice: RawRepresentable<String> & CaseIterable>(
        _ request: Request, _ name: String, _ type: Choice.Type
    ) throws(ServiceError) -> [Choice] {
        guard let text = request.query[name] else { return [] }
        var chosen: [Choice] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            chosen.append(try pick(name, String(part)))
        }
        return chosen
    }

    /// A search text of the query: up to 120 characters without NUL; nil when absent or empty.
    func search(_ request: Request, _ name: String = "q") throws(ServiceError) -> String? {
        guard let text = request.query[name], !text.isEmpty else { return nil }
        guard text.utf8.count <= 4 * Self.searchLength, text.unicodeScalars.count <= Self.searchLength else {
            throw .invalid(name, "TOO_LONG", "must have at most \(Self.searchLength) characters")
        }
        guard !text.utf8.contains(0) else { throw .invalid(name, "INVALID_VALUE", "must not contain NUL") }
        return text
    }

    /// Characters: a name's.
    private static let searchLength = 120

    private func pick<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ text: String
    ) throws(ServiceError) -> Choice {
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid(name, "INVALID_VALUE", "must be one of \(known)")
        }
        return choice
    }
}
