/// What the command line asks for.
struct Options: Equatable, Sendable {
    /// An instance's directory; nil for a generated day.
    var directory: String?
    var door: Door
    /// Minutes of the day for each minute of real time.
    var speed = 60.0
    var seed: UInt64 = 1
    /// Share of offers that couriers do not take.
    var refusals = 0.05
    /// Where the figures go as JSON.
    var jsonPath: String?

    /// Faster than this a minute of the day is too short for a round trip.
    static let speeds = 0.1...3600.0
    static let defaultURL = "http://127.0.0.1:8080"

    /// Nil when help is asked for.
    static func parse(_ arguments: [String]) throws(ReplayError) -> Options? {
        var options = Options(door: try Door(defaultURL))
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--help" || argument == "-h" { return nil }
            guard argument.hasPrefix("-"), argument != "-" else {
                guard options.directory == nil else {
                    throw .usage("one directory at most, not \(options.directory ?? "") and \(argument)")
                }
                options.directory = argument
                continue
            }
            var name = argument
            var value: String?
            if let sign = argument.firstIndex(of: "=") {
                name = String(argument[..<sign])
                value = String(argument[argument.index(after: sign)...])
            }
            guard names.contains(name) else { throw .usage("unknown option \(name); see --help") }
            guard let given = value ?? rest.popFirst(), !given.isEmpty else { throw .usage("\(name) needs a value") }
            try options.set(name, given)
        }
        return options
    }

    private static let names = ["--url", "--speed", "--seed", "--refuse", "--json"]

    private mutating func set(_ name: String, _ value: String) throws(ReplayError) {
        switch name {
        case "--url": door = try Door(value)
        case "--json": jsonPath = value
        case "--seed":
            guard let number = UInt64(value) else { throw .usage("--seed must be a whole number, not \(value)") }
            seed = number
        case "--speed":
            guard let number = Double(value), Self.speeds.contains(number) else {
                throw .usage("--speed must lie in \(Self.speeds.lowerBound)…\(Self.speeds.upperBound), not \(value)")
            }
            speed = number
        default:
            guard let number = Double(value), (0...1).contains(number) else {
                throw .usage("--refuse must lie in 0…1, not \(value)")
            }
            refusals = number
        }
    }

    static let help = """
        Plays a day of deliveries against a running cluster, as its clients do: merchants, customers and couriers over
        REST and Socket.IO, through the cluster's door. At the end it counts every event that arrived against what the
        cluster says has happened.

        lastmile replay [DIRECTORY] [--speed 60] [--seed 1] [--refuse 0.05] [--url http://127.0.0.1:8080] [--json FILE]

          DIRECTORY  a day in the Grubhub instances' format: orders.txt, couriers.txt, restaurants.txt,
                     instance_parameters.txt, tab-separated, in metres and minutes. Their origin is put at
                     48.8000 N, 2.2500 E, x to the east, y to the north. Without it: a day made from the seed.
          --speed    minutes of the day for each real minute, 0.1 to 3600
          --seed     of the generated day, and of what couriers refuse
          --refuse   share of offers that couriers do not take, a third of those by silence
          --url      the cluster's door
          --json     writes the figures to FILE as well

        The cluster lives in real time: at speed 60 a minute of the day is a second, yet an offer still lasts
        MATCHING_OFFER_SECONDS (15) real seconds, a quarter of an hour of the day. For faster replays set the
        cluster's MATCHING_OFFER_SECONDS and MATCHING_BACKOFF_SECONDS lower when it is started.

        An order that no courier has taken when the last one is off duty counts as unassigned; its customer cancels it.
        Exit status 0: the day was played, and no event was lost, doubled or out of order.

        """
}
