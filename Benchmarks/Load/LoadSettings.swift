import Glibc

/// The command line: `lastmile-load MODE --port N [--people FILE] [--seconds S] [--sockets N] [--flight N] [--rate N]
/// [--second-port N]`.
struct LoadSettings {
    enum Mode: String {
        case idle, positions, accept
        case echo, fanout, rooms, delivery, handshakes, connections

        /// Whether its sockets are accounts' own.
        var needsPeople: Bool { self == .idle || self == .positions || self == .accept }
    }

    /// The 64 bytes of raw JSON that loads without people send.
    static let argument = "\"\(String(repeating: "x", count: 62))\""

    let mode: Mode
    let port: Int
    /// The other server, where there are two.
    let secondPort: Int
    /// Account id and access token of each person.
    let people: [(id: String, token: String)]
    /// How long `positions` sends.
    let seconds: Int
    /// How many sockets are opened; people are shared out among them in turn.
    let sockets: Int
    /// How many requests are under way at once, of each socket or, for a room, of all.
    let flight: Int
    /// Deliveries a second.
    let rate: Int

    /// Nil, with the reason on standard error, for a command line that makes no sense.
    init?(_ arguments: [String]) {
        var options: [String: String] = [:]
        var index = 2
        while index + 1 < arguments.count {
            options[arguments[index]] = arguments[index + 1]
            index += 2
        }
        guard arguments.count > 1, let mode = Mode(rawValue: arguments[1]), let port = Int(options["--port"] ?? "")
        else {
            LoadGenerator.say(
                "usage: lastmile-load idle|positions|accept|echo|fanout|rooms|delivery|handshakes|connections --port N")
            return nil
        }
        let file = options["--people"] ?? ""
        people = (Self.contents(of: file) ?? "").split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            return fields.count == 2 ? (String(fields[0]), String(fields[1])) : nil
        }
        guard !mode.needsPeople || !people.isEmpty else {
            LoadGenerator.say("\(file): nobody in it")
            return nil
        }
        self.mode = mode
        self.port = port
        secondPort = Int(options["--second-port"] ?? "") ?? port
        seconds = Int(options["--seconds"] ?? "") ?? 5
        sockets = Int(options["--sockets"] ?? "") ?? people.count
        flight = Int(options["--flight"] ?? "") ?? 1
        rate = Int(options["--rate"] ?? "") ?? 10_000
    }

    private static func contents(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
