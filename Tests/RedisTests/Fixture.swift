import EventLoop
import TestSupport
import Testing

@testable import Redis

/// A private server and a client on it, with a clock that the test moves.
@Loop
final class Fixture {
    let server: PrivateRedis
    let timing = ManualTiming()
    let client: RedisClient
    let ups = Occurrences()
    let downs = Occurrences()
    let configuration: RedisConfiguration

    init(_ server: PrivateRedis, _ change: (inout RedisConfiguration) -> Void = { _ in }) throws {
        self.server = server
        var configuration = try RedisConfiguration(url: server.url)
        configuration.jitter = { 1 }
        change(&configuration)
        self.configuration = configuration
        client = RedisClient(configuration, timing: timing)
        client.observe { [ups, downs] in ($0 ? ups : downs).note() }
    }

    func up() async {
        client.start()
        await ups.reach(1)
    }

    /// The server was killed and runs again: lets the client find it.
    func reconnected(_ count: Int) async {
        timing.advance(by: configuration.backoffLimit)
        await ups.reach(count)
    }
}
