import EventLoop
import Glibc
import TestSupport
import Testing

/// Each transcript runs in a process of its own: thread and enqueue counts are the process's.
@Suite(.timeLimit(.minutes(1))) struct ExecutorTests {
    @Test func `a resume costs one job, no thread and no enqueue from another thread`() async {
        await #expect(processExitsWith: .success) {
            Loop.run {
                let threads = threadCount()
                let before = Loop.statistics
                for _ in 0..<10 {
                    await resumedByTimer()
                    #expect(Loop.isCurrent)
                }
                let after = Loop.statistics
                #expect(after.foreignEnqueues == before.foreignEnqueues)
                #expect(after.jobs + UInt64(after.pendingJobs) <= before.jobs + 10)
                #expect(threadCount() == threads)
            }
        }
    }

    @Test func `task groups, async let, streams and yields stay on the loop`() async {
        await #expect(processExitsWith: .success) {
            Loop.run {
                let threads = threadCount()
                let before = Loop.statistics.foreignEnqueues
                let sum = await withTaskGroup(of: Int.self) { group in
                    for value in 1...10 {
                        group.addTask { @Loop @Sendable in
                            await resumedByTimer()
                            return value
                        }
                    }
                    var sum = 0
                    for await value in group { sum += value }
                    return sum
                }
                #expect(sum == 55)
                async let left = plus(1)
                async let right = plus(2)
                let both = await left + right
                #expect(both == 5)
                let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
                SystemTiming.shared.after(.milliseconds(1)) {
                    for value in 1...5 { continuation.yield(value) }
                    continuation.finish()
                }
                var count = 0
                for await _ in stream { count += 1 }
                #expect(count == 5)
                await Task.yield()
                #expect(Loop.isCurrent)
                #expect(Loop.statistics.foreignEnqueues == before)
                #expect(threadCount() == threads)
            }
        }
    }

    @Test func `tasks started in callbacks resume on the loop`() async {
        await #expect(processExitsWith: .success) {
            Loop.run {
                let before = Loop.statistics.foreignEnqueues
                await withCheckedContinuation { done in
                    SystemTiming.shared.after(.milliseconds(1)) {
                        Loop.start {
                            await resumedByTimer()
                            #expect(Loop.isCurrent)
                            Loop.spawn {
                                await resumedByTimer()
                                #expect(Loop.isCurrent)
                                done.resume()
                            }
                        }
                    }
                }
                #expect(Loop.statistics.foreignEnqueues == before)
            }
        }
    }

    @Test func `running answers the body's value, and the loop can be run again`() async {
        await #expect(processExitsWith: .success) {
            #expect(Loop.run { 1 } == 1)
            let second = Loop.run {
                await resumedByTimer()
                return "again"
            }
            #expect(second == "again")
        }
    }

    @Test func `a started task runs until its first suspension before start returns`() async throws {
        try await onLoop {
            let trace = Trace()
            await withCheckedContinuation { done in
                Loop.start {
                    trace.add("began")
                    await Task.yield()
                    trace.add("resumed")
                    done.resume()
                }
                trace.add("returned")
            }
            #expect(trace.entries == ["began", "returned", "resumed"])
        }
    }

    @Test func `starting tasks from inside tasks leaves the outer task current`() async throws {
        try await onLoop {
            let trace = Trace()
            let outer = withUnsafeCurrentTask { $0?.hashValue }
            var tasks: [Task<Void, Never>] = []
            for name in ["a", "b"] {
                tasks.append(
                    Loop.start {
                        trace.add(name)
                        Loop.start { trace.add(name + name) }
                        await resumedByTimer()
                        trace.add(name + " resumed")
                    })
                #expect(withUnsafeCurrentTask { $0?.hashValue } == outer)
            }
            await resumedByTimer()
            for task in tasks { await task.value }
            #expect(trace.entries == ["a", "aa", "b", "bb", "a resumed", "b resumed"])
        }
    }

    @Test func `work from other threads arrives in order`() async throws {
        let numbers = try await onLoop { Trace() }
        await withCheckedContinuation { done in
            let threads = Thread { for value in 0..<1000 { Loop.spawn { numbers.add("\(value)") } } }
            threads.start()
            threads.join()
            Loop.spawn { done.resume() }
        }
        let seen = await numbers.entries
        #expect(seen == (0..<1000).map(String.init))
    }

    @Test func `perform runs at once on the loop and later from elsewhere`() async throws {
        let trace = try await onLoop {
            let trace = Trace()
            Loop.perform { trace.add("now") }
            trace.add("after")
            return trace
        }
        await withCheckedContinuation { done in
            Loop.perform {
                trace.add("hopped")
                done.resume()
            }
        }
        let entries = await trace.entries
        #expect(entries == ["now", "after", "hopped"])
    }

    @Test func `assuming the loop's isolation elsewhere ends the process`() async {
        await #expect(processExitsWith: .failure) {
            Loop.assumeIsolated {}
        }
    }
}

@Loop private func resumedByTimer() async {
    await withCheckedContinuation { continuation in
        SystemTiming.shared.after(.zero) { continuation.resume() }
    }
}

@Loop private func plus(_ value: Int) async -> Int {
    await resumedByTimer()
    return value + 1
}

private func threadCount() -> Int {
    guard let directory = opendir("/proc/self/task") else { return -1 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    return count
}
