import Domain
import EventLoop

/// What all who play share: the plan, the clock, the orders by id, and the measurements.
@Loop
final class Stage {
    /// Where the day's origin lies.
    nonisolated static let anchor = (latitude: 48.8, longitude: 2.25)

    let options: Options
    let day: Day
    let api: API
    let clock: DayClock
    let cast: Cast
    let orders: [OrderPlay]
    private let plane: LocalPlane
    private(set) var byID: [String: OrderPlay] = [:]

    private var heardInKitchen: Set<String> = []

    /// What kept the day from being played.
    private(set) var failures: [String] = []
    /// Accepts refused because somebody else had won.
    var acceptsLost = 0
    /// Every order has ended, or the replay was interrupted: nobody begins anything more.
    var isOver = false
    /// Minutes of the day.
    var (busyMinutes, dutyMinutes) = (0.0, 0.0)
    /// Milliseconds from the causing request to its event at the customer's socket.
    private(set) var latencies: [Double] = []
    /// When what causes an event of an order was first sent.
    private var causes: [Cause: LoopTime] = [:]

    private struct Cause: Hashable {
        let order: String
        let type: String
    }

    init(options: Options, day: Day, api: API, cast: Cast, plane: LocalPlane) {
        self.options = options
        self.day = day
        self.api = api
        self.cast = cast
        self.plane = plane
        clock = DayClock(speed: options.speed, firstMinute: day.firstMinute, timing: SystemTiming.shared)
        orders = day.orders.enumerated().map { index, plan in
            OrderPlay(
                plan: plan, customer: cast.customers[index % cast.customers.count],
                merchant: cast.owner(ofRestaurant: plan.restaurant))
        }
    }

    func coordinate(of point: Point) -> Coordinate { plane.coordinate(east: point.x, north: point.y) }

    /// To the millimetre: what went through degrees is a whole number of metres again.
    func point(latitude: Double, longitude: Double) -> Point? {
        guard let place = Coordinate(latitude: latitude, longitude: longitude) else { return nil }
        let (east, north) = plane.meters(of: place)
        return Point(x: (east * 1000).rounded() / 1000, y: (north * 1000).rounded() / 1000)
    }

    func placed(_ order: OrderPlay, id: String) {
        order.id = id
        byID[id] = order
        order.customer.know(id)
        if heardInKitchen.remove(id) != nil { order.isKnownInKitchen = true }
        order.kitchen.wake()
    }

    /// The restaurant is told of an order, maybe before its customer has the answer.
    func reachedKitchen(_ event: OrderEvent) {
        guard event.type == OrderEventType.created.name else { return }
        if let order = byID[event.orderID] {
            order.isKnownInKitchen = true
            order.kitchen.wake()
        } else {
            heardInKitchen.insert(event.orderID)
        }
    }

    func fail(_ text: String) {
        if failures.count < Self.maximumFailures { failures.append(text) }
    }

    private static let maximumFailures = 20

    // MARK: Latency

    /// To be called as what causes an event of `type` is sent; of several tries the first counts.
    func causes(_ status: String, of orderID: String) {
        let cause = Cause(order: orderID, type: "order." + status.lowercased())
        if causes[cause] == nil { causes[cause] = SystemTiming.shared.now }
    }

    func reachedCustomer(_ event: OrderEvent) {
        byID[event.orderID]?.update(status: event.status)
        let cause = Cause(order: event.orderID, type: event.type)
        guard let sent = causes.removeValue(forKey: cause) else { return }
        latencies.append(Double((SystemTiming.shared.now - sent).wholeNanoseconds) / 1e6)
    }
}
