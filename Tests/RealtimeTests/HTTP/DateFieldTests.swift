import Testing

@testable import Realtime

@Suite struct DateFieldTests {
    @Test(arguments: [
        (Int64(0), "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"),
        (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
    ])
    func `seconds become an IMF-fixdate`(seconds: Int64, expected: String) {
        #expect(DateField.format(seconds) == expected)
    }

    @Test func `the line changes with the second`() {
        var field = DateField()
        var first: [UInt8] = []
        field.append(to: &first, wallMilliseconds: 999)
        var second: [UInt8] = []
        field.append(to: &second, wallMilliseconds: 1_000)
        #expect(String(decoding: first, as: UTF8.self) == "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n")
        #expect(String(decoding: second, as: UTF8.self) == "Date: Thu, 01 Jan 1970 00:00:01 GMT\r\n")
    }
}
