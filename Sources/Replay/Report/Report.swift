import EventLoop

/// The figures of one day.
struct Report: Equatable, Sendable {
    struct Orders: Equatable, Sendable {
        var placed = 0
        var delivered = 0
        var cancelled = 0
        var unassigned = 0
    }

    var speed = 60.0
    var seed: UInt64 = 1
    var orders = Orders()
    var clickToDoor: Spread?
    var readyToDoor: Spread?
    var readyToPickup: Spread?
    /// Driving and service by duty; nil when nobody was on duty.
    var utilisation: Double?
    var acceptsLost = 0
    /// Milliseconds.
    var latency: Spread?
    var events = EventCount()
    var reconnections = 0
    var retries = 0
    /// What kept the day from being played.
    var failures: [String] = []

    var isGood: Bool { failures.isEmpty && events.isPerfect && orders.placed > 0 }
}

extension Report {
    @Loop init(stage: Stage, couriers: [CourierPlay], events: EventCount) {
        speed = stage.options.speed
        seed = stage.options.seed
        orders.placed = stage.orders.count { $0.id != nil }
        orders.delivered = stage.orders.count { $0.end == .delivered }
        orders.cancelled = stage.orders.count { $0.end == .cancelled }
        orders.unassigned = stage.orders.count { $0.end == .unassigned }
        let done = stage.orders.filter { $0.end == .delivered }
        clickToDoor = Spread(done.compactMap { order in order.deliveredAt.map { $0 - order.plan.placement } })
        readyToDoor = Spread(done.compactMap { order in order.deliveredAt.map { $0 - order.plan.ready } })
        readyToPickup = Spread(done.compactMap { order in order.pickedUpAt.map { $0 - order.plan.ready } })
        utilisation = stage.dutyMinutes > 0 ? stage.busyMinutes / stage.dutyMinutes : nil
        acceptsLost = stage.acceptsLost
        latency = Spread(stage.latencies)
        self.events = events
        reconnections = stage.cast.everybody.reduce(0) { $0 + $1.socket.losses }
        retries = stage.api.retries
        failures = stage.failures
    }
}
