import Cluster
import Crypto
import EventLoop
import Realtime
import Redis

/// What makes any node of a cluster of these answer for any session: the shared secret, who there is, and the links.
@Loop final class EchoLinks {
    let identifiers: SessionIdentifiers
    let links: Links
    private let client: RedisClient
    private let membership: Membership

    private static let secretKey: RedisArgument = "lm:session-secret"
    private static let retry: Duration = .milliseconds(200)

    /// Waits for Redis, which keeps the secret where none is set.
    static func make(_ settings: EchoSettings, _ redis: RedisConfiguration) async throws -> EchoLinks {
        let client = RedisClient(redis, timing: SystemTiming.shared)
        client.start()
        var secret = settings.secret
        while secret == nil {
            do throws(RedisError) {
                let made = Base64URL.encode((0..<4).flatMap { _ in withUnsafeBytes(of: randomBits()) { Array($0) } })
                _ = try await client.command(["SET", secretKey, .text(made), "NX"])
                secret = try await client.command(["GET", secretKey]).text.map { Array($0.utf8) }
            } catch {
                try await SystemTiming.shared.sleep(for: retry)
            }
        }
        return try EchoLinks(settings, client: client, secret: secret ?? [])
    }

    private init(_ settings: EchoSettings, client: RedisClient, secret: [UInt8]) throws {
        self.client = client
        let process = SessionOwner(name: settings.nodeID)
        identifiers = SessionIdentifiers(owner: process, secret: secret)
        weak var this: EchoLinks?
        links = try Links(process: process, secret: secret, options: settings.links) {
            await this?.membership.refresh()
        }
        membership = Membership(client: client, timing: SystemTiming.shared) {
            let own = this?.links.own
            return Member(
                name: process.name, epoch: String(process.epoch, radix: 16), version: "", address: "",
                linkHost: own?.host ?? "", linkPort: own?.port ?? 0, startedMilliseconds: 0)
        }
        this = self
        membership.onChange = { [links] in links.update($0.compactMap(\.linkAddress)) }
    }

    /// Before the server listens, so that the others know of this node when its first session begins.
    func start(for server: HTTPServer) async throws(LoopError) {
        try links.listen(for: server)
        membership.start()
        await membership.refresh()
    }

    func stop() async {
        await membership.stop()
        links.stop()
        await client.stop()
    }
}
