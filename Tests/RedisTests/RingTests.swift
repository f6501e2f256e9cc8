import Testing

@testable import Redis

@Suite struct RingTests {
    @Test func `order survives wrapping and growing`() {
        var ring = Ring<Int>()
        for number in 0..<10 { _ = ring.append(number) }
        for number in 0..<8 { #expect(ring.popFirst() == number) }
        for number in 10..<50 { _ = ring.append(number) }
        #expect(ring.count == 42)
        #expect(ring.removeAll() == Array(8..<50))
        #expect(ring.isEmpty)
    }

    @Test func `a position names its element until it is taken`() {
        var ring = Ring<String>()
        let first = ring.append("a")
        let second = ring.append("b")
        ring[second] = "c"
        #expect(ring.popFirst() == "a")
        #expect(ring[first] == nil)
        #expect(ring[second] == "c")
        #expect(ring[second + 1] == nil)
    }
}
