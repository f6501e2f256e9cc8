import Testing

@testable import Replay

@Suite struct SpreadTests {
    @Test func `percentiles are nearest ranks of the sorted sample`() throws {
        let spread = try #require(Spread([5, 1, 4, 2, 3, 10, 9, 8, 7, 6]))
        #expect(spread.mean == 5.5)
        #expect(spread.percentile(0.5) == 5)
        #expect(spread.percentile(0.9) == 9)
        #expect(spread.percentile(0.99) == 10)
        #expect(spread.percentile(0) == 1)
        #expect(spread.percentile(1) == 10)
    }

    @Test func `one value is all of its percentiles, and none has no spread`() throws {
        #expect(try #require(Spread([7])).percentile(0.99) == 7)
        #expect(Spread([]) == nil)
    }
}
