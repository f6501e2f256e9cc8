import EventLoop
import Realtime
import Redis

extension RedisRecoveryLog {
    /// A message with a place in the log, of any node; nil for one that concerns nobody here.
    func received(_ entry: Entry?, at offset: RecoveryOffset) {
        guard !isRefused, follower.epoch != nil || isOpening else {
            // Nothing is promised here.
            if let entry { entry.namespace.deliver(entry.packet) }
            return
        }
        switch follower.receive(entry, at: offset) {
        case .deliver:
            if let entry { entry.namespace.deliver(entry.packet, at: offset) }
        case .held, .passed: break
        case .foreign: open()
        case .overflowed: catchUp()
        }
    }

    // MARK: After a break

    func subscriptionChanged(isUp: Bool) {
        if isUp {
            follower.restored()
            unfollowed = nil
            catchUp()
        } else {
            follower.broke()
        }
    }

    /// Reads what was missed, if that is what has to be done next and can be.
    func catchUp() {
        guard follower.canCatchUp, isOpen else { return }
        let run = follower.run
        statistics.catchUps += 1
        Loop.start { [weak self] in
            guard let self else { return }
            let isDone = await catchingUp(run)
            guard !isDone, follower.run == run else { return }
            _ = timing.after(RecoverySettings.retry) { [weak self] in
                guard let self, follower.run == run else { return }
                catchUp()
            }
        }
    }

    /// False: to be tried again.
    private func catchingUp(_ run: Int) async -> Bool {
        guard let epoch = follower.epoch else { return true }
        do throws(RedisError) {
            try await checkSessions()
            guard follower.run == run else { return true }
            var missed: [(number: UInt64, entry: Entry)] = []
            let last = try await read(
                epoch, past: follower.number, streams: Array(0..<RecoverySettings.streams), channels: []
            ) { number, channel, message in
                guard let entry = self.adapter?.decode(channel, message, onlyForMembers: true) else { return true }
                missed.append((number, entry))
                return missed.count < RecoverySettings.caughtUpLimit
            }
            guard follower.run == run, follower.canCatchUp else { return true }
            guard let last else {
                lose()
                return finish(epoch, follower.number)
            }
            statistics.caughtUp += UInt64(missed.count)
            for (number, entry) in missed.sorted(by: { $0.number < $1.number }) {
                entry.namespace.deliver(entry.packet, at: RecoveryOffset(epoch: epoch, number: number))
            }
            return finish(epoch, last)
        } catch {
            guard follower.run == run else { return true }
            if case .server("TRIMMED", _) = error {
                lose()
                return finish(epoch, follower.number)
            }
            return failed(error)
        }
    }

    private func finish(_ epoch: String, _ last: UInt64) -> Bool {
        for (offset, entry) in follower.caughtUp(to: last) { entry.namespace.deliver(entry.packet, at: offset) }
        return true
    }

    // MARK: Reading

    /// Gives every entry of these streams past a number to `body`, stream by stream, up to what the log's last was in the
    /// beginning, which is returned; nil when `body` had enough.
    func read(
        _ epoch: String, past: UInt64, streams: [Int], channels: [String],
        _ body: @Loop (_ number: UInt64, _ channel: String, _ message: [UInt8]) -> Bool
    ) async throws(RedisError) -> UInt64? {
        var last = ""
        var next = 0
        var cursor = String(past)
        while true {
            let keys = [logKey] + streams[next...].map { streamKey($0) }
            var arguments: [RedisArgument] = [
                .text(epoch), .text(last), .integer(RecoverySettings.pageEntries),
                .integer(RecoverySettings.pageBytes), .text(cursor),
            ]
            arguments += repeatElement(.text(String(past)), count: streams.count - next - 1)
            arguments += channels.map { .text($0) }
            let reply = try await client.evaluate(
                Scripts.readRecoveryLog, keys: keys, arguments: arguments, timeout: RecoverySettings.timeout)
            statistics.reads += 1
            guard let parts = reply.elements, parts.count >= 3, let head = parts[0].text, let done = parts[1].int,
                let reached = parts[2].text
            else { throw .protocolViolation("a page of the log") }
            last = head
            for index in stride(from: 3, to: parts.count - 2, by: 3) {
                guard let number = parts[index].int, let channel = parts[index + 1].text,
                    let message = parts[index + 2].bytes
                else { throw .protocolViolation("an entry of the log") }
                guard body(UInt64(number), channel, message) else { return nil }
            }
            next += Int(done)
            cursor = reached
            if next >= streams.count { return UInt64(head) }
        }
    }
}
