import EventLoop
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct OffLoopTests {
    @Test func `work runs on another thread and its result comes back to the loop`() async throws {
        try await onLoop {
            let wasOnLoop = await offLoop { Loop.isCurrent }
            #expect(!wasOnLoop)
            #expect(Loop.isCurrent)
        }
    }

    @Test func `work that throws throws to its caller`() async throws {
        try await onLoop {
            await #expect(throws: Refused.self) {
                _ = try await offLoop { () throws(Refused) -> Int in throw Refused() }
            }
            #expect(Loop.isCurrent)
        }
    }

    @Test func `coming back is no enqueue from another thread`() async {
        await #expect(processExitsWith: .success) {
            Loop.run {
                let before = Loop.statistics.foreignEnqueues
                let values = await withTaskGroup(of: Int.self) { group in
                    for value in 0..<20 { group.addTask { await offLoop { value * 2 } } }
                    var sum = 0
                    for await value in group { sum += value }
                    return sum
                }
                #expect(values == 380)
                #expect(Loop.statistics.foreignEnqueues == before)
                #expect(Loop.statistics.offLoopPending == 0)
            }
        }
    }

    private struct Refused: Error {}
}
