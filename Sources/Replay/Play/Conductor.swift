import Domain
import EventLoop
import Glibc
import Wire

/// Plays one day from the first registration to the reckoning.
@Loop
enum Conductor {
    /// Beyond the last planned minute: what is still on its way is finished.
    private static let overrunMinutes = 120.0
    private static let tick: Duration = .milliseconds(200)
    /// What an interrupted replay takes to cancel its orders.
    private static let interruptPatience: Duration = .seconds(5)
    private static let requestsAtOnce = 16

    static func play(_ options: Options) async throws(ReplayError) -> Report {
        let day: Day
        if let directory = options.directory {
            day = try DayReader.read(directory: directory)
        } else {
            day = DayGenerator.day(seed: options.seed)
        }
        guard let anchor = Coordinate(latitude: Stage.anchor.latitude, longitude: Stage.anchor.longitude),
            let plane = LocalPlane(anchor: anchor)
        else { throw .instance("the anchor is off the globe") }
        let api = API(door: options.door)
        try await checkDoor(api)
        let progress = Progress()
        progress.note("playing \(day.title): \(day.orders.count) orders, \(day.couriers.count) couriers")
        let cast = Cast(day: day, api: api)
        try await cast.assemble(
            day, api: api, seed: options.seed, place: { plane.coordinate(east: $0.x, north: $0.y) },
            progress: { progress.show("setting up: \($0) \($1)/\($2)") })
        let stage = Stage(options: options, day: day, api: api, cast: cast, plane: plane)
        let couriers = day.couriers.enumerated().map { CourierPlay(plan: $1, index: $0, stage: stage) }
        let interruption = Interruption()
        start(stage, couriers)
        await awaitEnd(stage, couriers, interruption, progress)
        if interruption.happened {
            await interrupt(stage, progress)
            throw .interrupted
        }
        try await cleanUp(stage, couriers, progress)
        progress.show("counting events")
        let events = try await Reckoning.count(stage)
        progress.finish()
        let report = Report(stage: stage, couriers: couriers, events: events)
        for party in cast.everybody {
            party.account.retire()
            party.socket.stop()
        }
        api.pool.close()
        return report
    }

    private static func checkDoor(_ api: API) async throws(ReplayError) {
        let reply: HTTPReply
        do throws(ReplayError) {
            reply = try await api.pool.send(
                .get, "/health", headers: HTTPHeaders(), body: [], timeout: Pace.requestTimeout)
        } catch {
            throw .unreachable("no cluster at http://\(api.pool.door.authority): \(error)")
        }
        guard reply.json["status"]?.stringValue != nil else {
            throw .unreachable("no Lastmile at http://\(api.pool.door.authority): /health answers \(reply.status)")
        }
        guard reply.status == 200 else {
            throw .unreachable(
                "the cluster at http://\(api.pool.door.authority) is \(reply.json["status"]?.stringValue ?? "down")")
        }
    }

    private static func start(_ stage: Stage, _ couriers: [CourierPlay]) {
        for party in stage.cast.owners { party.onOrderEvent = { stage.reachedKitchen($0) } }
        for party in stage.cast.customers { party.onOrderEvent = { stage.reachedCustomer($0) } }
        for (index, order) in stage.orders.enumerated() {
            Loop.start { await stage.place(order, index: index) }
            Loop.start { await stage.cook(order) }
        }
        for courier in couriers { Loop.start { await courier.play() } }
    }

    /// Until every order has ended, or nobody is left who could carry one.
    private static func awaitEnd(
        _ stage: Stage, _ couriers: [CourierPlay], _ interruption: Interruption, _ progress: Progress
    ) async {
        let limit = stage.clock.time(of: stage.day.lastMinute + overrunMinutes) + Pace.patience
        while !interruption.happened {
            let isPlaced = stage.orders.allSatisfy(\.isPlacementOver)
            if isPlaced, stage.orders.allSatisfy({ $0.end != nil || $0.id == nil }) { break }
            if isPlaced, couriers.allSatisfy(\.isFinished) { break }
            if SystemTiming.shared.now > limit {
                stage.fail("the day did not end by \(DayClock.text(stage.clock.minute))")
                break
            }
            progress.update(stage, couriers)
            await Pace.sleep(tick)
        }
        stage.isOver = true
        for courier in couriers { courier.news.wake() }
    }

    /// Cancels what nobody took, sends everybody home, and asks how each order ended whose end was not told.
    private static func cleanUp(
        _ stage: Stage, _ couriers: [CourierPlay], _ progress: Progress
    ) async throws(ReplayError) {
        let limit = SystemTiming.shared.now + Pace.patience
        while couriers.contains(where: \.isOnDuty), SystemTiming.shared.now < limit { await Pace.sleep(tick) }
        let open = stage.orders.filter { $0.end == nil && $0.id != nil }
        try await Parallel.run(open.count, atOnce: requestsAtOnce) { index throws(ReplayError) in
            let order = open[index]
            await stage.refresh(order)
            order.isGivenUp = order.end == nil
            await stage.cancel(order, reason: "no courier today")
            if order.end == nil { stage.fail("order \(order.plan.name) (\(order.id ?? "")) has not ended") }
            progress.show("ending what is left: \(index + 1)/\(open.count)")
        }
    }

    private static func interrupt(_ stage: Stage, _ progress: Progress) async {
        let open = stage.orders.filter { $0.end == nil && $0.id != nil }
        progress.note("interrupted: cancelling \(open.count) open orders")
        var left = open.count
        for order in open {
            Loop.start {
                await stage.cancel(order, reason: "replay interrupted")
                left -= 1
            }
        }
        let limit = SystemTiming.shared.now + interruptPatience
        while left > 0, SystemTiming.shared.now < limit { await Pace.sleep(tick) }
    }
}
