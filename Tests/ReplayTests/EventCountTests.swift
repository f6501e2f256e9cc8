import Testing

@testable import Replay

@Suite struct EventCountTests {
    static func count(expected: [String: [Int]], arrivals: [String: [Int]]) -> EventCount {
        var count = EventCount()
        count.add(expected: expected, arrivals: arrivals)
        return count
    }

    @Test func `each event once and in order is perfect`() {
        let count = Self.count(expected: ["a": [1, 2, 3], "b": [4, 5]], arrivals: ["a": [1, 2, 3], "b": [4, 5]])
        #expect(count == EventCount(expected: 5, received: 5))
        #expect(count.isPerfect)
    }

    @Test func `a planted loss is found, also of a whole order`() {
        let count = Self.count(expected: ["a": [1, 2, 3], "b": [1, 2]], arrivals: ["a": [1, 3]])
        #expect(count.lost == 3)
        #expect(count.doubled == 0)
        #expect(count.outOfOrder == 0)
        #expect(!count.isPerfect)
        #expect(!count.isComplete)
    }

    @Test func `a planted double is found, be it at once or late`() {
        #expect(Self.count(expected: ["a": [1, 2]], arrivals: ["a": [1, 1, 2]]).doubled == 1)
        let late = Self.count(expected: ["a": [1, 2]], arrivals: ["a": [1, 2, 1, 2]])
        #expect(late.doubled == 2)
        #expect(late.outOfOrder == 1)
        #expect(late.received == 4)
        #expect(late.isComplete)
    }

    @Test func `planted disorder is found and counts neither as loss nor as double`() {
        let count = Self.count(expected: ["a": [1, 2, 3]], arrivals: ["a": [1, 3, 2]])
        #expect(count == EventCount(expected: 3, received: 3, outOfOrder: 1))
        #expect(!count.isPerfect)
    }

    @Test func `what was meant for others is found`() {
        let count = Self.count(expected: ["a": [2]], arrivals: ["a": [1, 2], "b": [1]])
        #expect(count == EventCount(expected: 1, received: 3, unexpected: 2))
        #expect(!count.isPerfect)
    }
}
