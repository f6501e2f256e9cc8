import Testing

@testable import Realtime

@Suite struct QueryTests {
    @Test func `values are decoded and the first of a name counts`() {
        let query = Query(text: "a=1&b=x%20y+z&a=2&flag&empty=&=nameless")
        #expect(query["a"] == "1")
        #expect(query["b"] == "x y z")
        #expect(query["flag"] == "")
        #expect(query["empty"] == "")
        #expect(query["missing"] == nil)
        #expect(query.pairs.count == 6)
    }

    @Test func `a pair that cannot be decoded is left out`() {
        let query = Query(text: "a=%&b=%ff&c=3")
        #expect(query["a"] == nil)
        #expect(query["b"] == nil)
        #expect(query["c"] == "3")
    }
}
