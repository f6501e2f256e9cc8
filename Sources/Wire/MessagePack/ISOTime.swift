/// Times as ECMAScript's `Date.prototype.toJSON` writes them (ECMA-262, Date Time String Format).
enum ISOTime {
    /// Appends, for instance, `"2026-11-21T09:30:00.123Z"` with its quotes; years outside 0…9999 bear a sign and six digits.
    static func append(_ milliseconds: Int64, to json: inout [UInt8]) {
        let (day, ofDay) = floorDivide(milliseconds, 86_400_000)
        let (year, month, date) = civil(day)
        json.append(0x22)
        if (0...9999).contains(year) {
            append(year, digits: 4, to: &json)
        } else {
            json.append(year < 0 ? 0x2D : 0x2B)
            append(Int64(year.magnitude), digits: 6, to: &json)
        }
        json.append(0x2D)
        append(month, digits: 2, to: &json)
        json.append(0x2D)
        append(date, digits: 2, to: &json)
        json.append(0x54)
        append(ofDay / 3_600_000, digits: 2, to: &json)
        json.append(0x3A)
        append(ofDay / 60_000 % 60, digits: 2, to: &json)
        json.append(0x3A)
        append(ofDay / 1000 % 60, digits: 2, to: &json)
        json.append(0x2E)
        append(ofDay % 1000, digits: 3, to: &json)
        json.append(0x5A)
        json.append(0x22)
    }

    /// The date of a day counted from 1970-01-01 in the Gregorian calendar, by eras of 400 years that begin in March, so
    /// that the leap day ends a year.
    private static func civil(_ day: Int64) -> (year: Int64, month: Int64, date: Int64) {
        let (era, dayOfEra) = floorDivide(day + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func append(_ value: Int64, digits: Int, to json: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            json.append(0x30 &+ UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }
}
