/// The server's timestamps: microseconds since 2000-01-01 00:00 UTC in binary, ISO 8601 in text.
enum TimestampFormat {
    /// Unix time of 2000-01-01 in milliseconds.
    private static let epochMilliseconds: Int64 = 946_684_800_000

    /// nil when the instant is out of the representation's range.
    static func microseconds(unixMilliseconds: Int64) -> Int64? {
        let (sinceEpoch, underflow) = unixMilliseconds.subtractingReportingOverflow(epochMilliseconds)
        let (microseconds, overflow) = sinceEpoch.multipliedReportingOverflow(by: 1000)
        return underflow || overflow ? nil : microseconds
    }

    /// Rounds down to the millisecond; the infinities become the extremes of the range.
    static func unixMilliseconds(microseconds: Int64) -> Int64 {
        let quotient = microseconds >= 0 ? microseconds / 1000 : (microseconds - 999) / 1000
        return quotient + epochMilliseconds
    }

    /// `2026-01-31T23:59:59.123Z`; years beyond 9999 are not written.
    static func text(unixMilliseconds: Int64) -> String? {
        let day: Int64 = 86_400_000
        let days = unixMilliseconds >= 0 ? unixMilliseconds / day : (unixMilliseconds - day + 1) / day
        guard (-719_162...2_932_896).contains(days) else { return nil }
        // Days to a Gregorian date by eras of 400 years that begin on 1 March (H. Hinnant, chrono algorithms).
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        let rest = unixMilliseconds - days * day
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, 2))"
        let time = "\(padded(rest / 3_600_000, 2)):\(padded(rest / 60_000 % 60, 2)):\(padded(rest / 1000 % 60, 2))"
        return "\(date)T\(time).\(padded(rest % 1000, 3))Z"
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
