public import Domain
public import Wire

/// Reads the members of a JSON object, and remembers every problem, so that one answer names them all.
///
/// Each reader returns a value that may stand in for a wrong one: nothing may be used before `finish` has returned.
/// Members that nobody asked for are problems too: typos are found.
public struct InputReader: Sendable {
    /// Stands in for a place that is wrong.
    private static let standIn = Coordinate(latitude: 0, longitude: 0)!

    private let members: [JSONMember]
    private let path: String
    private var known: Set<String> = []
    private var problems: [FieldProblem] = []

    /// - Throws: `INVALID_TYPE` when the input is no object.
    public init(_ value: JSONValue, path: String = "") throws(ServiceError) {
        guard let members = value.objectValue else {
            throw .invalid(path.isEmpty ? "body" : path, "INVALID_TYPE", "must be an object")
        }
        self.members = members
        self.path = path
    }

    private init(members: [JSONMember], path: String) {
        self.members = members
        self.path = path
    }

    /// The body of a request.
    /// - Throws: `INVALID_JSON` (400) when it is not JSON, `INVALID_TYPE` when it is no object.
    public init(body: [UInt8]) throws(ServiceError) {
        let value: JSONValue
        do {
            value = try JSONValue.parse(body)
        } catch {
            throw ServiceError(.badRequest, "INVALID_JSON", "The body is not valid JSON: \(error)")
        }
        try self.init(value)
    }

    // MARK: Ending

    /// - Throws: every problem found, unknown members included.
    public func finish() throws(ServiceError) {
        let found = allProblems
        guard found.isEmpty else { throw .invalid(found) }
    }

    private var allProblems: [FieldProblem] {
        problems
            + members.filter { !known.contains($0.name) }.map {
                FieldProblem(field: name(of: $0.name), code: "UNKNOWN_FIELD", message: "is not known here")
            }
    }

    /// Notes a problem that the caller found.
    public mutating func report(_ field: String, _ code: String, _ message: String) {
        problems.append(FieldProblem(field: name(of: field), code: code, message: message))
    }

    private func name(of field: String) -> String { path.isEmpty ? field : "\(path).\(field)" }

    // MARK: Looking

    /// Whether the member is there, be it null.
    public mutating func has(_ field: String) -> Bool {
        known.insert(field)
        return members.contains { $0.name == field }
    }

    /// The member; nil when it is absent or null.
    public mutating func value(_ field: String) -> JSONValue? {
        known.insert(field)
        guard let value = members.first(where: { $0.name == field })?.value, !value.isNull else { return nil }
        return value
    }

    private mutating func required(_ field: String) -> JSONValue? {
        if let value = value(field) { return value }
        report(field, "REQUIRED", "is required")
        return nil
    }

    // MARK: Texts

    /// Trimmed of nothing; `characters` counts what people call characters, NUL is refused.
    public mutating func text(_ field: String, characters: ClosedRange<Int> = 1...120) -> String {
        guard let value = required(field) else { return "" }
        return check(field, value, characters) ?? ""
    }

    public mutating func optionalText(_ field: String, characters: ClosedRange<Int> = 1...500) -> String? {
        guard let value = value(field) else { return nil }
        return check(field, value, characters)
    }

    private mutating func check(_ field: String, _ value: JSONValue, _ characters: ClosedRange<Int>) -> String? {
        guard let text = value.stringValue else {
            report(field, "INVALID_TYPE", "must be a string")
            return nil
        }
        // The cheap bound first: counting characters of a megabyte is not free.
        guard text.utf8.count <= characters.upperBound * 32, text.count <= characters.upperBound else {
            report(field, "TOO_LONG", "must have at most \(characters.upperBound) characters")
            return nil
        }
        guard text.count >= characters.lowerBound else {
            report(field, "TOO_SHORT", "must have at least \(characters.lowerBound) characters")
            return nil
        }
        guard !text.utf8.contains(0) else {
            report(field, "INVALID_VALUE", "must not contain NUL")
            return nil
        }
        return text
    }

    public mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ field: String, _ type: Choice.Type, default fallback: Choice? = nil
    ) -> Choice? {
        guard let value = value(field) else {
            if fallback == nil { report(field, "REQUIRED", "is required") }
            return fallback
        }
        return pick(field, value, type)
    }

    public mutating func optionalChoice<Choice: RawRepresentable<String> & CaseIterable>(
        _ field: String, _ type: Choice.Type
    ) -> Choice? {
        guard let value = value(field) else { return nil }
        return pick(field, value, type)
    }

    private mutating func pick<Choice: RawRepresentable<String> & CaseIterable>(
        _ field: String, _ value: JSONValue, _: Choice.Type
    ) -> Choice? {
        guard let text = value.stringValue else {
            report(field, "INVALID_TYPE", "must be a string")
            return nil
        }
        guard let choice = Choice(rawValue: text) else {
            let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            report(field, "INVALID_VALUE", "must be one of \(all)")
            return nil
        }
        return choice
    }

    // MARK: Ids and times

    public mutating func id(_ field: String) -> UUID16 {
        guard let value = required(field) else { return UUID16(high: 0, low: 0) }
        return parseID(field, value) ?? UUID16(high: 0, low: 0)
    }

    public mutating func optionalID(_ field: String) -> UUID16? {
        guard let value = value(field) else { return nil }
        return parseID(field, value)
    }

    private mutating func parseID(_ field: String, _ value: JSONValue) -> UUID16? {
        guard let text = value.stringValue else {
            report(field, "INVALID_TYPE", "must be a string")
            return nil
        }
        guard let id = UUID16(text) else {
            report(field, "INVALID_VALUE", "must be a UUID")
            return nil
        }
        return id
    }

    /// RFC 3339.
    public mutating func optionalTime(_ field: String) -> TimeStamp? {
        guard let value = value(field) else { return nil }
        guard let text = value.stringValue else {
            report(field, "INVALID_TYPE", "must be a string")
            return nil
        }
        guard let time = TimeStamp(rfc3339: text.utf8.span) else {
            report(field, "INVALID_VALUE", "must be a time of RFC 3339, like 2026-11-21T09:30:00.123Z")
            return nil
        }
        return time
    }

    // MARK: Numbers and truth

    public mutating func integer(_ field: String, in range: ClosedRange<Int64>) -> Int64 {
        guard let value = required(field) else { return range.lowerBound }
        return whole(field, value, range) ?? range.lowerBound
    }

    public mutating func optionalInteger(_ field: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = value(field) else { return nil }
        return whole(field, value, range)
    }

    private mutating func whole(_ field: String, _ value: JSONValue, _ range: ClosedRange<Int64>) -> Int64? {
        guard let number = value.integerValue else {
            report(field, "INVALID_TYPE", "must be a whole number")
            return nil
        }
        guard range.contains(number) else {
            report(field, "OUT_OF_RANGE", "must lie in \(range.lowerBound)…\(range.upperBound)")
            return nil
        }
        return number
    }

    public mutating func number(_ field: String, in range: ClosedRange<Double>) -> Double {
        guard let value = required(field) else { return range.lowerBound }
        return decimal(field, value, range) ?? range.lowerBound
    }

    public mutating func optionalNumber(_ field: String, in range: ClosedRange<Double>) -> Double? {
        guard let value = value(field) else { return nil }
        return decimal(field, value, range)
    }

    private mutating func decimal(_ field: String, _ value: JSONValue, _ range: ClosedRange<Double>) -> Double? {
        guard let number = value.doubleValue else {
            report(field, "INVALID_TYPE", "must be a number")
            return nil
        }
        guard range.contains(number) else {
            report(field, "OUT_OF_RANGE", "must lie in \(range.lowerBound)…\(range.upperBound)")
            return nil
        }
        return number
    }

    public mutating func bool(_ field: String) -> Bool {
        guard let value = required(field) else { return false }
        return truth(field, value) ?? false
    }

    public mutating func optionalBool(_ field: String) -> Bool? {
        guard let value = value(field) else { return nil }
        return truth(field, value)
    }

    private mutating func truth(_ field: String, _ value: JSONValue) -> Bool? {
        guard let bool = value.boolValue else {
            report(field, "INVALID_TYPE", "must be true or false")
            return nil
        }
        return bool
    }

    // MARK: Nesting

    /// Reads the object of a required member; unknown members of it are problems as well.
    public mutating func object(_ field: String, _ body: (inout InputReader) -> Void) {
        guard let value = required(field) else { return }
        nested(field, value, body)
    }

    /// As `object`; false when the member is absent or null.
    @discardableResult
    public mutating func optionalObject(_ field: String, _ body: (inout InputReader) -> Void) -> Bool {
        guard let value = value(field) else { return false }
        nested(field, value, body)
        return true
    }

    /// Reads the objects of a required array.
    public mutating func objects(_ field: String, count: ClosedRange<Int>, _ body: (inout InputReader) -> Void) {
        guard let value = required(field) else { return }
        guard let elements = value.arrayValue else {
            report(field, "INVALID_TYPE", "must be an array")
            return
        }
        guard count.contains(elements.count) else {
            report(field, "OUT_OF_RANGE", "must have \(count.lowerBound) to \(count.upperBound) elements")
            return
        }
        for (index, element) in elements.enumerated() { nested("\(field)[\(index)]", element, body) }
    }

    private mutating func nested(_ field: String, _ value: JSONValue, _ body: (inout InputReader) -> Void) {
        guard let members = value.objectValue else {
            report(field, "INVALID_TYPE", "must be an object")
            return
        }
        var inner = InputReader(members: members, path: name(of: field))
        body(&inner)
        problems += inner.allProblems
    }

    /// `lat` and `lng` of this object: WGS 84 degrees.
    public mutating func coordinate() -> Coordinate {
        let lat = number("lat", in: -90...90)
        let lng = number("lng", in: -180...180)
        return Coordinate(latitude: lat, longitude: lng) ?? Self.standIn
    }
}
