public import EventLoop
public import Realtime
public import Redis

/// How many connections an owner, such as an account, has on all nodes, for limits that hold for the cluster.
///
/// Each process writes its own number into the owner's hash; those of processes that do not live are not counted, so that
/// clients of a node that died come back at once. Numbers of an owner where nothing has changed for `memory` are forgotten:
/// from then on each node counts its own. The same while Redis is away, in error or slow.
@Loop
public final class ConnectionCounts {
    /// How long Redis may take to answer.
    public static let patience: Duration = .milliseconds(50)
    /// Longer than most connections last; bounds what dead processes leave behind.
    public static let memory: Duration = .seconds(3_600)

    private let client: RedisClient
    private let process: SessionOwner
    private let others: @Loop () -> [SessionOwner]

    /// - Parameter others: the other processes that live.
    public init(client: RedisClient, process: SessionOwner, others: @escaping @Loop () -> [SessionOwner]) {
        self.client = client
        self.process = process
        self.others = others
    }

    /// Notes that this process has `count` connections of the owner. Returns how many there are on all nodes; nil when Redis
    /// does not say so in time.
    @discardableResult
    public func note(_ count: Int, of owner: String) async -> Int? {
        guard client.stalled < Self.patience else { return nil }
        do throws(RedisError) {
            let reply = try await client.evaluate(
                Scripts.countConnections, keys: [.text("lm:connections:\(owner)")],
                arguments: [
                    .text(Self.field(process)), .integer(Int64(count)), .integer(Int64(Self.memory / .milliseconds(1))),
                ] + others().map { .text(Self.field($0)) }, timeout: Self.patience)
            return reply.int.map(Int.init)
        } catch {
            return nil
        }
    }

    private static func field(_ process: SessionOwner) -> String {
        process.name + " " + String(process.epoch, radix: 16)
    }
}
