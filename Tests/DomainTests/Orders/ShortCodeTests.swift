import Domain
import Testing

@Suite struct ShortCodeTests {
    @Test func `six characters that cannot be mistaken for one another`() {
        for random: UInt64 in [0, 1, .max, 0x1234_5678_9ABC_DEF0] {
            let code = ShortCode.make(random: random)
            #expect(code.utf8.count == 6)
            #expect(!code.contains { "01ILO".contains($0) || $0.isLowercase })
        }
        #expect(ShortCode.make(random: 0) == "222222")
        #expect(ShortCode.make(random: 31) == "232222")
    }
}
