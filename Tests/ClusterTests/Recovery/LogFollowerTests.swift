import Realtime
import Testing

@testable import Cluster

struct LogFollowerTests {
    private static func at(_ number: UInt64, _ epoch: String = "a") -> RecoveryOffset {
        RecoveryOffset(epoch: epoch, number: number)
    }

    private static func following(from number: UInt64 = 10) -> LogFollower<Int> {
        var follower = LogFollower<Int>(heldLimit: 100)
        _ = follower.opened("a", start: 1, head: number)
        follower.restored()
        _ = follower.caughtUp(to: number)
        return follower
    }

    @Test func `what comes with a higher number is next, and once`() {
        var follower = Self.following()
        #expect(follower.receive(1, at: Self.at(11)) == .deliver)
        #expect(follower.receive(1, at: Self.at(11)) == .passed)
        #expect(follower.receive(0, at: Self.at(7)) == .passed)
        #expect(follower.receive(2, at: Self.at(20)) == .deliver)
        #expect(follower.number == 20)
    }

    @Test func `a mark moves the number and delivers nothing`() {
        var follower = Self.following()
        #expect(follower.receive(nil, at: Self.at(15)) == .passed)
        #expect(follower.number == 15)
        #expect(follower.receive(1, at: Self.at(15)) == .passed)
    }

    @Test func `after a break what comes is held until the log has been read`() {
        var follower = Self.following()
        follower.broke()
        #expect(!follower.canCatchUp)
        #expect(follower.receive(13, at: Self.at(13)) == .held)
        follower.restored()
        #expect(follower.canCatchUp)
        #expect(follower.receive(14, at: Self.at(14)) == .held)
        #expect(follower.receive(nil, at: Self.at(16)) == .held)
        #expect(follower.number == 10)
        // The log had all up to 13.
        #expect(follower.caughtUp(to: 13).map(\.message) == [14])
        #expect(follower.number == 16)
        #expect(follower.receive(17, at: Self.at(17)) == .deliver)
    }

    @Test func `another life begins at its start, and what is held of the former is passed over`() {
        var follower = Self.following()
        #expect(follower.receive(30, at: Self.at(30, "b")) == .foreign)
        #expect(follower.receive(11, at: Self.at(11)) == .deliver)
        let isAnother = follower.opened("b", start: 25, head: 40)
        #expect(isAnother)
        #expect(follower.number == 25 && follower.canCatchUp)
        #expect(follower.receive(41, at: Self.at(41, "b")) == .held)
        #expect(follower.receive(12, at: Self.at(12)) == .foreign)
        #expect(follower.caughtUp(to: 40).map(\.message) == [41])
        let again = follower.opened("b", start: 25, head: 41)
        #expect(!again && !follower.isBehind)
    }

    @Test func `who has given the log up promises nothing until it is opened again`() {
        var follower = Self.following()
        follower.gaveUp()
        #expect(follower.epoch == nil && !follower.canCatchUp)
        let isAnother = follower.opened("b", start: 50, head: 60)
        #expect(!isAnother)
        #expect(follower.number == 60)
    }

    @Test func `too many held are read from the log instead`() {
        var follower = Self.following()
        follower.broke()
        follower.restored()
        let run = follower.run
        for number in UInt64(11)..<111 { #expect(follower.receive(1, at: Self.at(number)) == .held) }
        #expect(follower.receive(1, at: Self.at(111)) == .overflowed)
        #expect(follower.run != run && follower.canCatchUp)
        #expect(follower.caughtUp(to: 111).isEmpty)
    }

    /// Redis as far as a follower sees it: a log, and a subscription that loses what is on its way when it breaks.
    private struct Model {
        var log: [UInt64] = []
        var onItsWay: [UInt64] = []
        var isSubscribed = true
        var head: UInt64 = 0

        mutating func publish(_ step: UInt64) {
            head += step
            log.append(head)
            if isSubscribed { onItsWay.append(head) }
        }
    }

    @Test(arguments: 0..<200)
    func `whatever breaks when, everything is delivered once and in order`(_ seed: Int) {
        var random = Seeded(UInt64(seed) &+ 1)
        var model = Model()
        var follower = LogFollower<UInt64>(heldLimit: Int.random(in: 3...40, using: &random))
        var delivered: [UInt64] = []
        /// Of a reading that is under way: its run, and what Redis will answer or has answered.
        var reading: (run: Int, answer: (entries: [UInt64], last: UInt64)?)?
        _ = follower.opened("a", start: 0, head: 0)
        follower.restored()
        _ = follower.caughtUp(to: 0)
        func arrive() {
            guard !model.onItsWay.isEmpty else { return }
            let number = model.onItsWay.removeFirst()
            if follower.receive(number, at: Self.at(number)) == .deliver { delivered.append(number) }
        }
        func read() {
            guard follower.canCatchUp, reading?.run != follower.run else { return }
            reading = (follower.run, nil)
        }
        func answer() {
            guard let run = reading?.run else { return }
            if let found = reading?.answer {
                reading = nil
                guard follower.run == run, follower.canCatchUp else { return }
                delivered += found.entries
                delivered += follower.caughtUp(to: found.last).map(\.message)
            } else {
                let past = follower.number
                reading?.answer = (model.log.filter { $0 > past }, model.head)
            }
        }
        for _ in 0..<400 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0...3: model.publish(UInt64.random(in: 1...3, using: &random))
            case 4...7: arrive()
            case 8 where model.isSubscribed:
                // Redis notices first, then this node.
                model.isSubscribed = false
                model.onItsWay.removeLast(Int.random(in: 0...model.onItsWay.count, using: &random))
            case 9 where !model.isSubscribed:
                if follower.isSubscribed {
                    model.onItsWay = []
                    follower.broke()
                } else {
                    model.isSubscribed = true
                    follower.restored()
                }
            case 10: read()
            default: answer()
            }
        }
        if !model.isSubscribed {
            model.onItsWay = []
            follower.broke()
            model.isSubscribed = true
            follower.restored()
        }
        for _ in 0..<500 {
            arrive()
            read()
            answer()
        }
        #expect(delivered == model.log)
    }
}

/// The same numbers for the same seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
