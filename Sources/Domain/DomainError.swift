/// What Domain throws.
public enum DomainError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A setting that makes no sense: its variable, what it holds, what it takes.
    case setting(name: String, value: String, expected: String)

    /// One line that names the variable.
    public var description: String {
        switch self {
        case .setting(let name, let value, let expected): "\(name) is \"\(value)\": expected \(expected)"
        }
    }
}
