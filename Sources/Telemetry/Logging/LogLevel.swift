/// How much a line matters.
public enum LogLevel: Int, CaseIterable, Comparable, Sendable {
    case debug, info, warning, error

    /// Reads `LOG_LEVEL`: `debug`, `info`, `warn` or `warning`, `error`, of either case; nil for anything else.
    public init?(setting: String) {
        switch setting.lowercased() {
        case "debug": self = .debug
        case "info": self = .info
        case "warn", "warning": self = .warning
        case "error": self = .error
        default: return nil
        }
    }

    /// As it stands in a line.
    public var name: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warn"
        case .error: "error"
        }
    }

    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}
