import EventLoop
import Testing

@testable import Cluster

struct PublishQueueTests {
    private static func time(_ seconds: UInt64) -> LoopTime { LoopTime(nanoseconds: seconds * 1_000_000_000) }

    private static func queue(_ messages: ClosedRange<Int>, limit: Int = 100) -> PublishQueue<Int> {
        var queue = PublishQueue<Int>(limit: limit, byteLimit: 1_000)
        for message in messages { _ = queue.append(message, size: 10, at: time(UInt64(message))) }
        return queue
    }

    private static func next(_ queue: inout PublishQueue<Int>, limit: Int = 3) -> [Int]? {
        queue.next(limit: limit, bytes: 1_000) { _ in true }
    }

    @Test func `batches go one after the other, in order`() {
        var queue = Self.queue(1...5)
        #expect(Self.next(&queue) == [1, 2, 3])
        #expect(Self.next(&queue) == nil)
        queue.succeeded()
        #expect(Self.next(&queue) == [4, 5])
        #expect(queue.batchNumber == 2)
        queue.succeeded()
        #expect(Self.next(&queue) == nil && queue.count == 0 && queue.bytes == 0 && queue.done == 5)
    }

    @Test func `a batch whose fate is unknown goes again as it was`() {
        var queue = Self.queue(1...2)
        #expect(Self.next(&queue) == [1, 2])
        queue.failed(isUncertain: true)
        _ = queue.append(3, size: 10, at: Self.time(3))
        #expect(Self.next(&queue) == [1, 2])
        #expect(queue.batchNumber == 1 && queue.oldest == Self.time(1))
    }

    @Test func `a batch ends before what is not ready`() {
        var queue = Self.queue(1...4)
        let batch = queue.next(limit: 10, bytes: 1_000) { $0 != 3 }
        #expect(batch == [1, 2])
        queue.succeeded()
        let blocked = queue.next(limit: 10, bytes: 1_000) { $0 != 3 }
        #expect(blocked == nil && queue.count == 2)
    }

    @Test func `what is too much is refused, by number and by bytes`() {
        var queue = Self.queue(1...4, limit: 4)
        var isTaken = queue.append(5, size: 10, at: Self.time(5))
        #expect(!isTaken)
        queue = Self.queue(1...4)
        isTaken = queue.append(5, size: 961, at: Self.time(5))
        #expect(!isTaken)
        isTaken = queue.append(5, size: 960, at: Self.time(5))
        #expect(isTaken)
    }

    @Test func `who gives up gets back what was surely not sent`() {
        var queue = Self.queue(1...5)
        _ = Self.next(&queue)
        #expect(queue.giveUp() == [4, 5])
        #expect(queue.count == 0 && queue.oldest == nil && queue.done == 5)
        queue = Self.queue(1...5)
        _ = Self.next(&queue)
        queue.failed(isUncertain: false)
        #expect(queue.giveUp() == [1, 2, 3, 4, 5])
    }

    @Test func `only a batch that was sent is forgotten as uncertain`() {
        var queue = Self.queue(1...2)
        queue.dropUncertain()
        #expect(Self.next(&queue) == [1, 2])
        queue.failed(isUncertain: false)
        queue.dropUncertain()
        #expect(Self.next(&queue) == [1, 2])
        queue.failed(isUncertain: true)
        queue.dropUncertain()
        #expect(Self.next(&queue) == nil && queue.done == 2)
    }
}
