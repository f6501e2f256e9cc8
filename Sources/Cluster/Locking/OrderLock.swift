public import EventLoop
public import Redis

/// Keeps the stampede of acceptors off an order's row (protocols 1.7). Never the reason why somebody wins, and the
/// reason why somebody loses only on proof: a won marker that bears a version newer than the asker's offer.
///
/// Each step may fail alone: a claim that is never released ends with its TTL; a marker that is never written leaves the
/// decision to PostgreSQL; a wiped Redis knows neither, and the answer is `claimed`.
@Loop
public final class OrderLock {
    /// How long one question may take: then PostgreSQL is asked without Redis's word.
    public static let patience: Duration = .milliseconds(50)
    /// A claim outlives its owner's death by no more; `accept_offer` takes a millisecond.
    public static let claimMilliseconds: Int64 = 2_000
    /// Offers live for seconds; a marker only has to outlive those that were open when it was won.
    public static let markerMilliseconds: Int64 = 3_600_000
    /// The pauses between questions while somebody else's claim stands.
    public static let pauses: [Duration] = [.milliseconds(10), .milliseconds(20), .milliseconds(40)]

    private let client: RedisClient
    private let timing: any Timing

    public init(client: RedisClient, timing: any Timing) {
        self.client = client
        self.timing = timing
    }

    /// Asks once. The same driver's repeat gets `claimed` again, and prolongs its claim.
    ///
    /// - Parameter offerVersion: the order's version on the driver's newest offer; nil where this node has not read it,
    ///   and then nothing is a proof.
    public func claim(orderID: String, driverID: String, offerVersion: Int64?) async -> OrderClaim {
        // A connection that keeps somebody waiting for so long will keep this question waiting too.
        guard client.stalled < Self.patience else { return .absent }
        do throws(RedisError) {
            let reply = try await client.evaluate(
                Scripts.claimOrder, keys: Self.keys(orderID),
                arguments: [
                    .text(driverID), offerVersion.map { .integer($0) } ?? "", .integer(Self.claimMilliseconds),
                ], timeout: Self.patience)
            guard case .integer(let answer) = reply else { return .absent }
            if answer > 0 { return .lost(version: answer) }
            return answer == 0 ? .claimed : .busy
        } catch {
            return .absent
        }
    }

    /// Asks, and while the answer is `busy`, again after each of `pauses`. `busy` then means: ask PostgreSQL.
    public func claimPatiently(orderID: String, driverID: String, offerVersion: Int64?) async -> OrderClaim {
        var answer = await claim(orderID: orderID, driverID: driverID, offerVersion: offerVersion)
        for pause in Self.pauses where answer == .busy {
            do { try await timing.sleep(for: pause) } catch { return answer }
            answer = await claim(orderID: orderID, driverID: driverID, offerVersion: offerVersion)
        }
        return answer
    }

    /// Tells that the driver has won, after the commit, and ends its claim. Nobody waits for it.
    ///
    /// - Parameter version: the order's, as of that commit.
    public func won(orderID: String, version: Int64, driverID: String) {
        run(
            Scripts.markOrderWon, Self.keys(orderID),
            [.text(driverID), .integer(version), .integer(Self.markerMilliseconds)])
    }

    /// Gives a claim back whose owner did not win. Nobody waits for it; somebody else's claim stays.
    public func release(orderID: String, driverID: String) {
        run(Scripts.releaseOrder, [Self.keys(orderID)[0]], [.text(driverID)])
    }

    private func run(_ script: RedisScript, _ keys: [RedisArgument], _ arguments: [RedisArgument]) {
        Loop.start { [client] in
            // Lost words cost PostgreSQL a question at worst.
            _ = try? await client.evaluate(script, keys: keys, arguments: arguments)
        }
    }

    private static func keys(_ orderID: String) -> [RedisArgument] {
        ["lm:claim:\(orderID)", "lm:won:\(orderID)"]
    }
}
