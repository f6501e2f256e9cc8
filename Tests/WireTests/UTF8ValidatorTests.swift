import Testing
import Wire

@Suite struct UTF8ValidatorTests {
    @Test func `a piece may end inside a character and says so`() {
        var validator = UTF8Validator()
        let isAccepted = validator.accept([0x61, 0xF0, 0x9F].span)
        #expect(isAccepted)
        #expect(!validator.isComplete)
        let isContinued = validator.accept([0x98].span)
        #expect(isContinued)
        let isEnded = validator.accept([0x80, 0x62].span)
        #expect(isEnded)
        #expect(validator.isComplete)
    }

    @Test func `any two bytes from a continuation or a lead on agree with the standard library`() {
        for first in UInt8(0xBE)...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let bytes = [first, second]
                let isValid = String(validating: bytes, as: UTF8.self) != nil
                var whole = UTF8Validator()
                let acceptsWhole = whole.accept(bytes.span) && whole.isComplete
                var split = UTF8Validator()
                let acceptsSplit = split.accept([first].span) && split.accept([second].span) && split.isComplete
                if acceptsWhole != isValid || acceptsSplit != isValid { Issue.record("\(bytes)") }
            }
        }
    }
}
