import Domain
import Testing

@Suite struct UUID16Tests {
    static let text = "018f6d2e-9c3b-7abc-8def-0123456789ab"

    @Test func `the canonical text is read and written unchanged`() throws {
        let id = try #require(UUID16(Self.text))
        #expect(id.description == Self.text)
        #expect(id.high == 0x018f_6d2e_9c3b_7abc)
        #expect(id.low == 0x8def_0123_4567_89ab)
    }

    @Test func `upper case is read, lower case is written`() {
        #expect(UUID16(Self.text.uppercased())?.description == Self.text)
    }

    @Test(arguments: [
        "", "018f6d2e9c3b7abc8def0123456789ab", "{018f6d2e-9c3b-7abc-8def-0123456789ab}",
        "018f6d2e-9c3b-7abc-8def-0123456789a", "018f6d2e-9c3b-7abc-8def-0123456789abc",
        "018f6d2e-9c3b-7abc-8def-0123456789ag", "018f6d2e-9c3b-7abc-8def_0123456789ab",
        "018f6d2-e9c3b-7abc-8def-0123456789ab", " 18f6d2e-9c3b-7abc-8def-0123456789ab",
        "018f6d2e-9c3b-7abc-8def-0123456789é",
    ])
    func `anything else is refused`(text: String) {
        #expect(UUID16(text) == nil)
    }

    @Test func `bytes go there and back in network order`() throws {
        let id = try #require(UUID16(Self.text))
        #expect(id.bytes.first == 0x01)
        #expect(id.bytes.last == 0xab)
        #expect(UUID16(bytes: id.bytes) == id)
        #expect(UUID16(bytes: [1, 2, 3]) == nil)
    }

    @Test func `order is that of the bytes`() {
        let ordered = [
            UUID16(high: 0, low: 1), UUID16(high: 0, low: .max), UUID16(high: 1, low: 0), UUID16(high: .max, low: 0),
        ]
        #expect(ordered.reversed().sorted() == ordered)
    }
}
