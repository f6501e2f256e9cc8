/// Why a replay stopped. Each says one line that a person can act upon.
enum ReplayError: Error, Equatable, CustomStringConvertible {
    /// The command line makes no sense.
    case usage(String)
    /// An instance's file cannot be read or makes no sense.
    case instance(String)
    /// Nothing answers at the URL, or what answers is no Lastmile.
    case unreachable(String)
    /// The connection ended or a deadline passed before an answer came: what was asked may have happened.
    case outcomeUnknown(String)
    /// The cluster refused what this client may do.
    case refused(String)
    /// A file could not be written.
    case output(String)
    /// Ctrl-C.
    case interrupted

    var description: String {
        switch self {
        case .usage(let text), .instance(let text), .unreachable(let text), .outcomeUnknown(let text),
            .refused(let text), .output(let text):
            text
        case .interrupted: "interrupted"
        }
    }

    /// 2 for what the caller got wrong, 1 for what went wrong.
    var exitStatus: Int32 {
        switch self {
        case .usage, .instance: 2
        case .unreachable, .outcomeUnknown, .refused, .output: 1
        // What a shell makes of SIGINT.
        case .interrupted: 130
        }
    }
}
