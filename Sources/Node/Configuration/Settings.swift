/// Reads settings by name, and stops at the first one that is missing or makes no sense with a message that names it.
struct Settings {
    struct Failure: Error, CustomStringConvertible {
        let name: String
        let reason: String
        var description: String { "\(name): \(reason)" }
    }

    private let values: [String: String]

    init(_ values: [String: String]) { self.values = values }

    /// Nil when absent or empty: an empty variable is how Compose and systemd say "not set".
    subscript(_ name: String) -> String? {
        guard let value = values[name], !value.isEmpty else { return nil }
        return value
    }

    func text(_ name: String, default fallback: String) -> String { self[name] ?? fallback }

    func integer(_ name: String, in range: ClosedRange<Int>, default fallback: Int) throws(Failure) -> Int {
        guard let value = self[name] else { return fallback }
        guard let number = Int(value) else { throw Failure(name: name, reason: "is not a whole number: \(value)") }
        guard range.contains(number) else {
            throw Failure(name: name, reason: "must lie in \(range.lowerBound)…\(range.upperBound), not \(number)")
        }
        return number
    }

    func flag(_ name: String, on: String, off: String, default fallback: Bool) throws(Failure) -> Bool {
        guard let value = self[name] else { return fallback }
        switch value {
        case on: return true
        case off: return false
        default: throw Failure(name: name, reason: "must be \(on) or \(off), not \(value)")
        }
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, default fallback: Choice
    ) throws(Failure) -> Choice {
        guard let value = self[name] else { return fallback }
        guard let choice = Choice(rawValue: value) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure(name: name, reason: "must be one of \(known), not \(value)")
        }
        return choice
    }

    /// Durations of the form `10s`, `15m`, `2h`, `30d`; seconds.
    func period(_ name: String, default fallback: String) throws(Failure) -> Int {
        let value = text(name, default: fallback)
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        guard let last = value.last, let unit = units[last], let count = Int(value.dropLast()), count > 0,
            count <= 365 * 86400 / unit
        else { throw Failure(name: name, reason: "must be like 10s, 15m or 2h, not \(value)") }
        return count * unit
    }

    /// Everything, for settings that are parsed elsewhere.
    var all: [String: String] { values.filter { !$0.value.isEmpty } }
}
