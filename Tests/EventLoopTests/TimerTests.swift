import EventLoop
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct TimerTests {
    @Test func `timers fire by deadline, ties in the order they were made`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let trace = Trace()
            timing.after(.milliseconds(20)) { trace.add("20") }
            timing.after(.milliseconds(10)) { trace.add("10 first") }
            timing.after(.milliseconds(10)) { trace.add("10 second") }
            timing.after(.zero) { trace.add("0") }
            timing.advance(by: .milliseconds(9))
            #expect(trace.entries == ["0"])
            timing.advance(by: .milliseconds(1))
            #expect(trace.entries == ["0", "10 first", "10 second"])
            timing.advance(by: .seconds(1))
            #expect(trace.entries.count == 4)
        }
    }

    @Test func `a cancelled timer leaves nothing behind`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let trace = Trace()
            let timer = timing.after(.seconds(1)) { trace.add("fired") }
            timing.after(.seconds(2)) { trace.add("other") }
            timer.cancel()
            timer.cancel()
            #expect(!timer.isPending)
            #expect(timing.pendingTimers == 1)
            timing.advance(by: .seconds(3))
            #expect(trace.entries == ["other"])
        }
    }

    @Test func `a timer may cancel another that is due with it`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let trace = Trace()
            var second: ScheduledTimer?
            timing.after(.seconds(1)) { second?.cancel() }
            second = timing.after(.seconds(1)) { trace.add("fired") }
            timing.advance(by: .seconds(1))
            #expect(trace.entries.isEmpty)
        }
    }

    @Test func `timers made while firing wait for the next round`() async throws {
        try await onLoop {
            let queue = TimerQueue()
            let trace = Trace()
            _ = queue.schedule(at: LoopTime(nanoseconds: 1)) {
                trace.add("first")
                _ = queue.schedule(at: LoopTime(nanoseconds: 0)) { trace.add("made") }
            }
            queue.fire(at: LoopTime(nanoseconds: 5))
            #expect(trace.entries == ["first"])
            queue.fire(at: LoopTime(nanoseconds: 5))
            #expect(trace.entries == ["first", "made"])
        }
    }

    @Test(arguments: 0..<20)
    func `the queue agrees with sorting`(seed: UInt64) async throws {
        try await onLoop {
            var random = SplitMix(state: seed)
            let queue = TimerQueue()
            let trace = Trace()
            var live: [(deadline: UInt64, name: String)] = []
            var timers: [ScheduledTimer] = []
            for name in 0..<300 {
                let deadline = random.next() % 50
                timers.append(queue.schedule(at: LoopTime(nanoseconds: deadline)) { trace.add("\(name)") })
                live.append((deadline, "\(name)"))
            }
            var cancelled: Set<Int> = []
            for _ in 0..<150 {
                let victim = Int(random.next() % 300)
                timers[victim].cancel()
                cancelled.insert(victim)
            }
            #expect(queue.count == 300 - cancelled.count)
            for now in stride(from: UInt64(0), to: 50, by: 7) { queue.fire(at: LoopTime(nanoseconds: now)) }
            queue.fire(at: LoopTime(nanoseconds: 50))
            let expected = live.enumerated().filter { !cancelled.contains($0.offset) }
                .sorted { ($0.element.deadline, $0.offset) < ($1.element.deadline, $1.offset) }.map(\.element.name)
            #expect(trace.entries == expected)
            #expect(queue.count == 0)
        }
    }

    @Test func `the system's timers are never early and keep their order`() async throws {
        try await onLoop {
            let timing = SystemTiming.shared
            let trace = Trace()
            await withCheckedContinuation { done in
                let due = timing.now + .milliseconds(3)
                timing.after(.milliseconds(3)) {
                    trace.add(timing.now >= due ? "third" : "early")
                    done.resume()
                }
                timing.after(.microseconds(1500)) { trace.add("second") }
                timing.after(.zero) { trace.add("first") }
            }
            #expect(trace.entries == ["first", "second", "third"])
        }
    }

    @Test func `times saturate instead of trapping`() {
        let time = LoopTime(nanoseconds: 5)
        #expect(time - Duration.seconds(1) == LoopTime(nanoseconds: 0))
        #expect(LoopTime(nanoseconds: .max) + .seconds(1) == LoopTime(nanoseconds: .max))
        #expect(time + .nanoseconds(3) - time == .nanoseconds(3))
        #expect(time - (time + .nanoseconds(3)) == .nanoseconds(-3))
        #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
        #expect(Duration.milliseconds(1500).wholeMilliseconds == 1500)
    }
}

/// A small generator with a seed, so that a failure can be run again.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
