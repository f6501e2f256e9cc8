/// Reads numbers from an environment. Absent and empty variables keep their default.
struct SettingReader {
    let environment: [String: String]

    /// A decimal number (`2`, `0.25`), above zero and up to `maximum`.
    func positive(_ name: String, default fallback: Double, maximum: Double, unit: String) throws(DomainError) -> Double
    {
        guard let text = text(name) else { return fallback }
        guard let value = Self.decimal(text), value > 0, value <= maximum else {
            throw .setting(name: name, value: text, expected: "\(unit), above 0 and at most \(Self.plain(maximum))")
        }
        return value
    }

    /// A whole number; `3.0` is one.
    func whole(_ name: String, default fallback: Int, in range: ClosedRange<Int>) throws(DomainError) -> Int {
        guard let text = text(name) else { return fallback }
        guard let value = Self.decimal(text), let whole = Int(exactly: value), range.contains(whole) else {
            throw .setting(
                name: name, value: text,
                expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return whole
    }

    /// Decimal numbers divided by commas, each above zero, above the one before, and up to `maximum`.
    func ascending(
        _ name: String, default fallback: [Double], maximum: Double, maximumCount: Int, unit: String
    ) throws(DomainError) -> [Double] {
        guard let text = text(name) else { return fallback }
        var values: [Double] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let value = Self.decimal(Self.trimmed(part)), value > values.last ?? 0, value <= maximum,
                values.count < maximumCount
            else {
                throw .setting(
                    name: name, value: text,
                    expected: "1 to \(maximumCount) ascending \(unit), each above 0 and at most \(Self.plain(maximum))")
            }
            values.append(value)
        }
        return values
    }

    private func text(_ name: String) -> String? {
        let value = Self.trimmed(environment[name, default: ""][...])
        return value.isEmpty ? nil : value
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }

    /// Digits with at most one point. `Double(_:)` alone also takes exponents, hexadecimals, `nan` and `inf`.
    private static func decimal(_ text: String) -> Double? {
        let points = text.utf8.count { $0 == UInt8(ascii: ".") }
        let digits = text.utf8.count { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard points <= 1, digits >= 1, points + digits == text.utf8.count else { return nil }
        return Double(text.first == "." ? "0" + text : text)
    }

    private static func plain(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? String(value)
    }
}
