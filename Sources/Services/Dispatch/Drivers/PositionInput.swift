public import Domain
import Wire

/// Reads what a driver's device sends: one position, or `points` of several.
public enum PositionInput {
    /// The positions of a message, 1 to 100.
    ///
    /// - Throws: `INVALID_JSON`, or every field that is wrong.
    public static func read(_ json: [UInt8]) throws(ServiceError) -> [PositionReport] {
        if let report = single(json) { return [report] }
        var input = try InputReader(body: json)
        return try read(&input)
    }

    /// As `read`, for a body that is an object already.
    public static func read(_ input: inout InputReader) throws(ServiceError) -> [PositionReport] {
        var reports: [PositionReport] = []
        func add(_ report: PositionReport?) { if let report { reports.append(report) } }
        if input.has("points") {
            input.objects("points", count: PositionReport.batchSizes) { add(report(&$0)) }
        } else {
            add(report(&input))
        }
        try input.finish()
        return reports
    }

    private static func report(_ input: inout InputReader) -> PositionReport? {
        let coordinate = input.coordinate()
        let heading = input.optionalNumber("heading", in: PositionReport.headings)
        let speed = input.optionalNumber("speed", in: PositionReport.speeds)
        let accuracy = input.optionalNumber("accuracy", in: PositionReport.accuracies)
        let at = input.optionalTime("at")
        return PositionReport(coordinate: coordinate, heading: heading, speed: speed, accuracy: accuracy, at: at)
    }

    /// The message that nearly all are, scanned in place: nothing is built of it. Nil for anything else, wrong ones too,
    /// about which `InputReader` has more to say.
    private static func single(_ json: [UInt8]) -> PositionReport? {
        let bytes = json.span
        do throws(WireError) {
            let range = try JSONScanner.validate(bytes, maximumDepth: 2)
            var fields = Fields()
            try JSONScanner.forEachMember(bytes, range) { name, value throws(WireError) in
                try fields.take(bytes, name, value)
            }
            return fields.report
        } catch {
            return nil
        }
    }

    private struct Fields {
        var lat: Double?
        var lng: Double?
        var heading: Double?
        var speed: Double?
        var accuracy: Double?
        var at: TimeStamp?
        var isOther = false

        mutating func take(_ bytes: Span<UInt8>, _ name: Range<Int>, _ value: Range<Int>) throws(WireError) {
            // Null says the same as leaving out, but only of what may be left out: the reader knows which.
            guard JSONScanner.kind(bytes, at: value.lowerBound) != .null else { return isOther = true }
            if try JSONScanner.name(bytes, name, equals: "lat") {
                isOther = try Self.set(&lat, bytes, value) || isOther
            } else if try JSONScanner.name(bytes, name, equals: "lng") {
                isOther = try Self.set(&lng, bytes, value) || isOther
            } else if try JSONScanner.name(bytes, name, equals: "heading") {
                isOther = try Self.set(&heading, bytes, value) || isOther
            } else if try JSONScanner.name(bytes, name, equals: "speed") {
                isOther = try Self.set(&speed, bytes, value) || isOther
            } else if try JSONScanner.name(bytes, name, equals: "accuracy") {
                isOther = try Self.set(&accuracy, bytes, value) || isOther
            } else if try JSONScanner.name(bytes, name, equals: "at") {
                let text = try JSONScanner.string(bytes, value)
                guard at == nil, let time = TimeStamp(rfc3339: text.utf8.span) else { return isOther = true }
                at = time
            } else {
                isOther = true
            }
        }

        /// True when the field had a value before.
        private static func set(
            _ field: inout Double?, _ bytes: Span<UInt8>, _ value: Range<Int>
        ) throws(WireError) -> Bool {
            let isRepeated = field != nil
            field = try JSONScanner.double(bytes, value)
            return isRepeated
        }

        var report: PositionReport? {
            guard !isOther, let lat, let lng, let coordinate = Coordinate(latitude: lat, longitude: lng) else {
                return nil
            }
            return PositionReport(
                coordinate: coordinate, heading: heading, speed: speed, accuracy: accuracy, at: at)
        }
    }
}
