/// Writes log lines: one JSON object each, with `ts`, `level`, `event`, the fields of this log (node, correlation id …),
/// then those of the line. A value: `with` makes one that adds fields of its own. May be used from any thread.
///
/// Events are stable names in dotted lower case (`order.placed`); what varies goes into fields. Secrets never belong into
/// one; by their names and looks the usual ones are kept out all the same.
public struct Log: Sendable {
    /// Lines below it are not made.
    public let level: LogLevel
    private let sink: LogSink
    private let clock: @Sendable () -> Int64
    private let context: [UInt8]

    /// - Parameters:
    ///   - node: `node` of every line; none when nil.
    ///   - clock: Unix milliseconds; the system's when nil.
    public init(
        level: LogLevel, node: String? = nil, sink: LogSink, clock: (@Sendable () -> Int64)? = nil
    ) {
        self.level = level
        self.sink = sink
        self.clock = clock ?? { LogClock.now() }
        var fields = LogLine()
        if let node { fields.field("node", .string(node)) }
        context = fields.fields
    }

    private init(_ other: Log, context: [UInt8]) {
        level = other.level
        sink = other.sink
        clock = other.clock
        self.context = context
    }

    /// A log whose lines nobody sees, for tests.
    public static let silent = Log(level: .error, sink: LogSink(fileDescriptor: -1, capacity: 0))

    /// A log that adds these fields to each line. A field given twice stands there twice: choose names with care.
    public func with(_ fields: KeyValuePairs<String, LogValue>) -> Log {
        var line = LogLine()
        line.append(fields: context)
        for (name, value) in fields { line.field(name, value) }
        return Log(self, context: line.fields)
    }

    /// A log of what follows from one request, wherever it goes.
    public func with(correlationID: String) -> Log {
        with(["correlationId": .string(correlationID)])
    }

    public func debug(_ event: String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:]) {
        write(.debug, event, fields)
    }

    public func info(_ event: String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:]) {
        write(.info, event, fields)
    }

    public func warning(_ event: String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:]) {
        write(.warning, event, fields)
    }

    /// Written at once, with all that waits before it.
    public func error(_ event: String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:]) {
        write(.error, event, fields)
    }

    private func write(_ level: LogLevel, _ event: String, _ fields: () -> KeyValuePairs<String, LogValue>) {
        guard level >= self.level else { return }
        var line = LogLine(level: level, event: event, milliseconds: clock())
        line.append(fields: context)
        for (name, value) in fields() { line.field(name, value) }
        sink.append(line.finished(), isUrgent: level == .error)
    }
}
