extension TimeStamp: LosslessStringConvertible {
    /// Parses RFC 3339, 5.6: `2026-11-21T09:30:00.123Z`, any offset, one or more digits of fraction (what is finer than
    /// a millisecond is cut off), `t` and `z` too. A leap second (`:60`, only as the last second of a UTC day) is the
    /// second that follows it. Nil for anything else.
    public init?(_ text: String) {
        self.init(rfc3339: text.utf8.span)
    }

    /// Parses bytes as `init(_:)` does.
    public init?(rfc3339 text: Span<UInt8>) {
        var reader = Reader(position: 0)
        guard let year = reader.number(4, in: text), reader.take("-", in: text),
            let month = reader.number(2, in: text), reader.take("-", in: text),
            let day = reader.number(2, in: text), let date = CivilDate(year: year, month: month, day: day),
            reader.take("T", in: text) || reader.take("t", in: text),
            let hour = reader.number(2, in: text), hour < 24, reader.take(":", in: text),
            let minute = reader.number(2, in: text), minute < 60, reader.take(":", in: text),
            let second = reader.number(2, in: text), second <= 60,
            let fraction = reader.fraction(in: text),
            let offsetMinutes = reader.offset(in: text), reader.position == text.count
        else { return nil }
        let minutes = date.daysSinceEpoch * 1440 + hour * 60 + minute - offsetMinutes
        if second == 60 {
            let minuteOfDay = (minutes % 1440 + 1440) % 1440
            guard minuteOfDay == 1439 else { return nil }
        }
        self.init(milliseconds: (minutes * 60 + second) * 1000 + fraction)
    }

    /// RFC 3339 in UTC with three digits of fraction. Years outside 0–9999 have no such form: they are written as the
    /// nearest that has.
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(24)
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the 24 bytes of `description`.
    public func append(to output: inout [UInt8]) {
        let bounded = min(max(milliseconds, Self.firstWritable), Self.lastWritable)
        var days = bounded / 86_400_000
        var rest = bounded % 86_400_000
        if rest < 0 {
            days -= 1
            rest += 86_400_000
        }
        let date = CivilDate(daysSinceEpoch: days)
        Self.append(date.year, digits: 4, to: &output)
        output.append(UInt8(ascii: "-"))
        Self.append(date.month, digits: 2, to: &output)
        output.append(UInt8(ascii: "-"))
        Self.append(date.day, digits: 2, to: &output)
        output.append(UInt8(ascii: "T"))
        Self.append(rest / 3_600_000, digits: 2, to: &output)
        output.append(UInt8(ascii: ":"))
        Self.append(rest / 60_000 % 60, digits: 2, to: &output)
        output.append(UInt8(ascii: ":"))
        Self.append(rest / 1000 % 60, digits: 2, to: &output)
        output.append(UInt8(ascii: "."))
        Self.append(rest % 1000, digits: 3, to: &output)
        output.append(UInt8(ascii: "Z"))
    }

    /// 0000-01-01T00:00:00.000Z
    private static let firstWritable: Int64 = -62_167_219_200_000
    /// 9999-12-31T23:59:59.999Z
    private static let lastWritable: Int64 = 253_402_300_799_999

    private static func append(_ value: Int64, digits: Int, to output: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }

    /// A cursor over the text; each step either takes what it names or leaves the cursor where it was.
    private struct Reader {
        var position: Int

        func peek(in text: Span<UInt8>) -> UInt8? { position < text.count ? text[position] : nil }

        func digit(in text: Span<UInt8>) -> Int64? {
            guard let byte = peek(in: text), byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            return Int64(byte - UInt8(ascii: "0"))
        }

        mutating func take(_ character: Unicode.Scalar, in text: Span<UInt8>) -> Bool {
            guard peek(in: text) == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        mutating func number(_ digits: Int, in text: Span<UInt8>) -> Int64? {
            var value: Int64 = 0
            for _ in 0..<digits {
                guard let digit = digit(in: text) else { return nil }
                value = value * 10 + digit
                position += 1
            }
            return value
        }

        /// Milliseconds; 0 when there is no fraction, nil for a point that no digit follows.
        mutating func fraction(in text: Span<UInt8>) -> Int64? {
            guard take(".", in: text) else { return 0 }
            guard digit(in: text) != nil else { return nil }
            var value: Int64 = 0
            var unit: Int64 = 100
            while let digit = digit(in: text) {
                value += digit * unit
                unit /= 10
                position += 1
            }
            return value
        }

        /// Minutes east of UTC.
        mutating func offset(in text: Span<UInt8>) -> Int64? {
            if take("Z", in: text) || take("z", in: text) { return 0 }
            let east = take("+", in: text)
            guard east || take("-", in: text), let hours = number(2, in: text), hours < 24, take(":", in: text),
                let minutes = number(2, in: text), minutes < 60
            else { return nil }
            return (east ? 1 : -1) * (hours * 60 + minutes)
        }
    }
}
