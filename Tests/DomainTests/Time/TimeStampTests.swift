import Domain
import Testing

@Suite struct TimeStampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_795_253_400_123, "2026-11-21T09:30:00.123Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func `milliseconds and text are the same time`(milliseconds: Int64, text: String) {
        #expect(TimeStamp(milliseconds: milliseconds).description == text)
        #expect(TimeStamp(text)?.milliseconds == milliseconds)
    }

    @Test(
        arguments: [
            ("2026-11-21T09:30:00Z", 1_795_253_400_000), ("2026-11-21t09:30:00.1z", 1_795_253_400_100),
            ("2026-11-21T09:30:00.123999999999999999999Z", 1_795_253_400_123),
            ("2026-11-21T10:30:00.5+01:00", 1_795_253_400_500), ("2026-11-21T04:00:00-05:30", 1_795_253_400_000),
            ("2026-11-21T09:30:00-00:00", 1_795_253_400_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000),
            ("2017-01-01T00:59:60.25+01:00", 1_483_228_800_250),
        ] as [(String, Int64)])
    func `every form of RFC 3339 is read`(text: String, milliseconds: Int64) {
        #expect(TimeStamp(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026-11-21", "2026-11-21T09:30:00", "2026-11-21 09:30:00Z", "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T12:00:60Z", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:60", "2026-01-01T00:00:00+0100",
        "2026-01-01T00:00:00Z ", " 2026-01-01T00:00:00Z", "26-01-01T00:00:00Z", "2026-1-1T00:00:00Z",
        "2026-01-01T00:00:00,5Z", "+2026-01-01T00:00:00Z", "1900-02-29T00:00:00Z",
    ])
    func `what is not RFC 3339 is refused`(text: String) {
        #expect(TimeStamp(text) == nil)
    }

    @Test func `every day of four centuries comes back, in order`() throws {
        for day in stride(from: Int64(-170_000), to: 170_000, by: 1) {
            let time = TimeStamp(milliseconds: day * 86_400_000 + 43_200_000)
            #expect(TimeStamp(time.description) == time)
        }
    }

    @Test func `a client's time ahead of the server's is cut to now`() {
        let now = TimeStamp(milliseconds: 1000)
        #expect(TimeStamp(milliseconds: 1001).clamped(to: now) == now)
        #expect(TimeStamp(milliseconds: 999).clamped(to: now).milliseconds == 999)
    }

    @Test func `seconds go both ways and never overflow`() {
        let time = TimeStamp(milliseconds: 1000)
        #expect(time.advanced(bySeconds: 1.5).milliseconds == 2500)
        #expect(time.seconds(since: TimeStamp(milliseconds: 2500)) == -1.5)
        #expect(time.advanced(bySeconds: .infinity).milliseconds == 1000 + 1_000_000_000_000)
        #expect(time.advanced(bySeconds: .nan) == time)
    }
}
