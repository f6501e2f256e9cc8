/// Makes a plausible day from a seed: a town of 5 km radius, meals ordered around noon and in the evening, couriers
/// with shifts around those hours, a few customers who change their mind.
enum DayGenerator {
    static let restaurants = 36
    static let orders = 240
    /// Share of orders that their customer cancels within a few minutes.
    static let cancellations = 0.02

    private static let centre = Point(x: 6000, y: 6000)
    /// Metres: restaurants stand close together, homes and couriers' starts do not.
    private static let (townRadius, kitchenRadius, deliveryRadius) = (5000.0, 3200.0, 3500.0)
    /// Opening hours, minutes of the day.
    private static let (opening, closing) = (630.0, 1290.0)

    static func day(seed: UInt64) -> Day {
        var random = SeededGenerator(seed: seed)
        let kitchens = (1...restaurants).map { number in
            Day.Restaurant(name: "r\(number)", place: random.point(around: centre, within: kitchenRadius).rounded)
        }
        let orders = (0..<orders).map { _ in order(kitchens, &random) }.sorted { $0.placement < $1.placement }
        return Day(
            title: "a day made from seed \(seed)",
            rules: TravelRules(metersPerMinute: 320, pickupService: 4, dropoffService: 4),
            restaurants: kitchens,
            orders: orders.enumerated().map { index, order in
                var order = order
                order.name = "o\(index + 1)"
                return order
            },
            couriers: couriers(&random))
    }

    private static func order(_ kitchens: [Day.Restaurant], _ random: inout SeededGenerator) -> Day.Order {
        let restaurant = Int.random(in: kitchens.indices, using: &random)
        let wish =
            switch random.fraction() {
            case ..<0.40: random.normal(mean: 745, deviation: 40)
            case ..<0.88: random.normal(mean: 1150, deviation: 50)
            default: opening + random.fraction() * (closing - opening)
            }
        let placement = min(max(wish, opening), closing).rounded()
        let cooking = min(max(random.normal(mean: 14, deviation: 6), 4), 40).rounded()
        let cancels = random.fraction() < cancellations
        let patience = (1 + 8 * random.fraction()).rounded()
        return Day.Order(
            name: "", dropoff: random.point(around: kitchens[restaurant].place, within: deliveryRadius).rounded,
            placement: placement, restaurant: restaurant, ready: placement + cooking,
            cancellation: cancels ? placement + patience : nil)
    }

    /// Early, long and late shifts.
    private static let shifts: [(couriers: Int, onTime: Double, offTime: Double)] = [
        (20, 615, 900), (8, 660, 1140), (24, 1020, 1320),
    ]

    private static func couriers(_ random: inout SeededGenerator) -> [Day.Courier] {
        var couriers: [Day.Courier] = []
        for shift in shifts {
            for _ in 0..<shift.couriers {
                // Not all at once: they come within half an hour.
                let late = (30 * random.fraction()).rounded()
                couriers.append(
                    Day.Courier(
                        name: "c\(couriers.count + 1)",
                        place: random.point(around: centre, within: townRadius).rounded,
                        onTime: shift.onTime + late, offTime: shift.offTime + late))
            }
        }
        return couriers
    }
}

extension Point {
    /// Whole metres, as the instances have.
    fileprivate var rounded: Point { Point(x: x.rounded(), y: y.rounded()) }
}
