import EventLoop
import TestSupport
import Testing

@testable import Realtime

@Suite struct DeadlineQueueTests {
    @Loop private final class Node: DeadlineNode {
        let name: String
        let record: (String) -> Void

        init(_ name: String, _ record: @escaping (String) -> Void) {
            self.name = name
            self.record = record
        }

        override func deadlinePassed() { record(name) }
    }

    @Test func `nodes are called in order, each once, none before its time`() async throws {
        let passed = try await onLoop {
            let timing = ManualTiming()
            let queue = DeadlineQueue(interval: .seconds(10), timing: timing)
            var passed: [String] = []
            queue.add(Node("a") { passed.append($0) })
            timing.advance(by: .seconds(4))
            queue.add(Node("b") { passed.append($0) })
            timing.advance(by: .milliseconds(5_999))
            passed.append("|")
            timing.advance(by: .milliseconds(1))
            passed.append("|")
            timing.advance(by: .seconds(10))
            return passed
        }
        #expect(passed == ["|", "a", "|", "b"])
    }

    @Test func `a node that left or came anew is not called at the old time`() async throws {
        let passed = try await onLoop {
            let timing = ManualTiming()
            let queue = DeadlineQueue(interval: .seconds(10), timing: timing)
            var passed: [String] = []
            let left = Node("left") { passed.append($0) }
            let renewed = Node("renewed") { passed.append($0) }
            queue.add(left)
            queue.add(renewed)
            timing.advance(by: .seconds(9))
            left.leaveDeadlineQueue()
            queue.add(renewed)
            timing.advance(by: .seconds(9))
            passed.append("|")
            timing.advance(by: .seconds(2))
            return passed
        }
        #expect(passed == ["|", "renewed"])
    }

    @Test func `a deadline may count from an earlier time`() async throws {
        let passed = try await onLoop {
            let timing = ManualTiming()
            let queue = DeadlineQueue(interval: .seconds(10), timing: timing)
            var passed: [String] = []
            let start = timing.now.nanoseconds
            timing.advance(by: .seconds(6))
            queue.add(Node("a") { passed.append($0) }, since: start)
            timing.advance(by: .seconds(4))
            return passed
        }
        #expect(passed == ["a"])
    }

    @Test func `an empty queue holds no timer`() async throws {
        let pending = try await onLoop {
            let timing = ManualTiming()
            let queue = DeadlineQueue(interval: .seconds(10), timing: timing)
            let node = Node("a") { _ in }
            queue.add(node)
            node.leaveDeadlineQueue()
            return timing.pendingTimers
        }
        #expect(pending == 0)
    }
}
