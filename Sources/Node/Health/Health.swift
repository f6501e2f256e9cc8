import EventLoop
import Realtime
import Wire

/// What load balancers ask (contract, health): whether the process lives, whether to send it requests, and why not.
@Loop
final class Health {
    enum Status: String {
        case ok, degraded, draining, unavailable

        /// A degraded node serves everything, only later; the other two should get nothing new.
        var httpStatus: Int {
            switch self {
            case .ok, .degraded: 200
            case .draining, .unavailable: 503
            }
        }
    }

    /// A loop that stands still for so long serves nobody; a garbage-free node never comes near it.
    private static let stuckLag: Duration = .seconds(2)

    private let node: String
    private let version: String
    private let timing: any Timing
    private let started: LoopTime
    private let postgresIsUp: @Loop () -> Bool
    private let redisIsUp: @Loop () -> Bool
    var isDraining = false
    let readiness: Readiness
    private let liveBody = Array("{\"status\":\"ok\"}".utf8)

    init(
        node: String, version: String, timing: any Timing, postgresIsUp: @escaping @Loop () -> Bool,
        redisIsUp: @escaping @Loop () -> Bool, readiness: Readiness
    ) {
        self.readiness = readiness
        self.node = node
        self.version = version
        self.timing = timing
        self.postgresIsUp = postgresIsUp
        self.redisIsUp = redisIsUp
        started = timing.now
    }

    var reachesPostgres: Bool { postgresIsUp() }
    var reachesRedis: Bool { redisIsUp() }
    var loopIsStuck: Bool { Loop.statistics.lastLag > Self.stuckLag }

    var status: Status {
        if isDraining { return .draining }
        if !readiness.isStarted || !postgresIsUp() || loopIsStuck { return .unavailable }
        return redisIsUp() ? .ok : .degraded
    }

    func register(on router: Router) {
        router.onNow(.get, "/health") { [self] _ in report() }
        router.onNow(.get, "/health/live") { [self] _ in .json(200, liveBody) }
        router.onNow(.get, "/health/ready") { [self] _ in
            let status = status
            var writer = JSONWriter()
            writer.object { $0.field("status", status.rawValue) }
            return .json(status.httpStatus, writer.bytes)
        }
    }

    private func report() -> Response {
        let status = status
        let uptime = (timing.now - started).components.seconds
        var writer = JSONWriter(reservingCapacity: 256)
        writer.object {
            $0.field("status", status.rawValue)
            $0.field("uptime", uptime)
            $0.field("node", node)
            $0.field("version", version)
            var checks = JSONWriter()
            checks.object {
                $0.field("postgres", postgresIsUp() ? "up" : "down")
                $0.field("redis", redisIsUp() ? "up" : "down")
                $0.field("eventLoop", loopIsStuck ? "stuck" : "up")
            }
            $0.field("checks", raw: checks.bytes)
        }
        var response = Response.json(status.httpStatus, writer.bytes)
        response.headers.append("Cache-Control", "no-store")
        if status.httpStatus == 503 { response.headers.append("Retry-After", "2") }
        return response
    }
}
