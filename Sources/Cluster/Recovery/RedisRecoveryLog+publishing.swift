import EventLoop
public import Realtime
import Redis

extension RedisRecoveryLog {
    public func publish(_ packet: BroadcastPacket, in namespace: Namespace) -> Bool {
        guard !isRefused, follower.epoch != nil, !packet.flags.contains(.local),
            let message = adapter?.encode(packet, namespace)
        else { return false }
        if !queue.append(message, size: message.size, at: timing.now) {
            giveUp()
            return false
        }
        flushAtTurnEnd()
        return true
    }

    /// Returns when what was published before is in the log; throws when it is not and will not be.
    public func confirmPublished() async throws(AdapterError) {
        guard queue.done < queue.taken else { return }
        let number = queue.taken
        let isLogged = await withCheckedContinuation { unpublished.append((number, $0)) }
        if !isLogged { throw .unavailable }
    }

    /// `isLogged`: of those whose fate is known.
    func settlePublished(_ isLogged: Bool) {
        let due = unpublished.prefix { $0.number <= queue.done }
        unpublished.removeFirst(due.count)
        for (_, continuation) in due { continuation.resume(returning: isLogged) }
    }

    private func flushAtTurnEnd() {
        guard !isFlushDue else { return }
        isFlushDue = true
        Loop.atTurnEnd { [weak self] in
            self?.isFlushDue = false
            self?.flush()
        }
    }

    func flush() {
        guard isOpen, let epoch = follower.epoch else { return }
        var awaited: BusSubscription?
        let next = queue.next(limit: RecoverySettings.batchLimit, bytes: RecoverySettings.batchBytes) { message in
            // A socket here that has just joined the room must not miss it: the subscription is on its way. Without any
            // subscriptions, reading the log makes up for it.
            guard bus.isSubscribed, message.channel != unfollowed else { return true }
            awaited = adapter?.awaited(for: message)
            return awaited == nil
        }
        if let awaited { flush(whenConfirmed: awaited) }
        guard let batch = next else { return }
        sent.append(batch)
        let number = queue.batchNumber
        let keys = [logKey, recordsKey] + batch.map { streamKey($0.stream) }
        var arguments: [RedisArgument] = [
            .text(epoch), .integer(number), .integer(Int64(settings.logBytes / 2)), .text(streamPrefix),
            .integer(Int64(RecoverySettings.streams)),
        ]
        for message in batch { arguments += [.text(message.channel), .bytes(message.bytes)] }
        Loop.start { [weak self, client] in
            do throws(RedisError) {
                _ = try await client.evaluate(
                    Scripts.publishLogged, keys: keys, arguments: arguments, timeout: RecoverySettings.timeout)
                self?.published(number, batch.count)
            } catch {
                self?.publishFailed(number, error)
            }
        }
    }

    private func flush(whenConfirmed subscription: BusSubscription) {
        guard !isAwaiting else { return }
        isAwaiting = true
        Loop.start { [weak self] in
            let isFollowed: Bool
            do throws(ClusterError) {
                try await subscription.confirmed()
                isFollowed = true
            } catch {
                isFollowed = false
            }
            guard let self else { return }
            isAwaiting = false
            // Nobody shall wait for a room that cannot be followed.
            unfollowed = isFollowed ? nil : subscription.channel
            flush()
        }
    }

    private func published(_ number: Int64, _ count: Int) {
        guard queue.isSending, queue.batchNumber == number else { return }
        statistics.logged += UInt64(count)
        queue.succeeded()
        settlePublished(true)
        flush()
    }

    private func publishFailed(_ number: Int64, _ error: RedisError) {
        guard queue.isSending, queue.batchNumber == number else { return }
        statistics.retried += 1
        switch error {
        case .server, .unavailable, .overloaded: queue.failed(isUncertain: false)
        case .timedOut, .cancelled, .connectionLost, .protocolViolation, .invalidConfiguration:
            queue.failed(isUncertain: true)
        }
        if failed(error) { return }
        _ = timing.after(RecoverySettings.retry) { [weak self] in self?.flush() }
    }
}
