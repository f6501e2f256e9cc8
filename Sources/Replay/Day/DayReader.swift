/// Reads a day in the Grubhub instances' format.
enum DayReader {
    /// Metres from the origin that still lie well within the plane's accuracy.
    static let places = -100_000.0...100_000.0
    /// Minutes: a day may run on past midnight.
    static let minutes = 0.0...2880.0

    static func read(directory: String) throws(ReplayError) -> Day {
        let path = directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        func text(_ name: String) throws(ReplayError) -> String { try TextFile.read(path + "/" + name) }
        return try day(
            title: path.split(separator: "/").last.map(String.init) ?? path,
            restaurants: try text("restaurants.txt"), orders: try text("orders.txt"),
            couriers: try text("couriers.txt"), parameters: try text("instance_parameters.txt"))
    }

    static func day(
        title: String, restaurants: String, orders: String, couriers: String, parameters: String
    ) throws(ReplayError) -> Day {
        let (kitchens, numbers) = try readRestaurants(InstanceTable(file: "restaurants.txt", text: restaurants))
        return Day(
            title: title, rules: try readRules(InstanceTable(file: "instance_parameters.txt", text: parameters)),
            restaurants: kitchens,
            orders: try readOrders(InstanceTable(file: "orders.txt", text: orders), numbers),
            couriers: try readCouriers(InstanceTable(file: "couriers.txt", text: couriers)))
    }

    private static func point(_ row: InstanceTable.Row) throws(ReplayError) -> Point {
        Point(x: try row.number("x", in: places), y: try row.number("y", in: places))
    }

    private static func readRules(_ table: InstanceTable) throws(ReplayError) -> TravelRules {
        guard table.rows.count == 1, let row = table.rows.first else { throw table.problem("must have one line") }
        return TravelRules(
            metersPerMinute: try row.number("meters_per_minute", in: 1...10_000),
            pickupService: try row.number("pickup_service_minutes", in: 0...120),
            dropoffService: try row.number("dropoff_service_minutes", in: 0...120))
    }

    private static func readRestaurants(
        _ table: InstanceTable
    ) throws(ReplayError) -> ([Day.Restaurant], numbers: [String: Int]) {
        var restaurants: [Day.Restaurant] = []
        var numbers: [String: Int] = [:]
        for row in table.rows {
            let name = try row.text("restaurant")
            guard numbers[name] == nil else { throw table.problem("line \(row.line): \(name) is there twice") }
            numbers[name] = restaurants.count
            restaurants.append(Day.Restaurant(name: name, place: try point(row)))
        }
        guard !restaurants.isEmpty else { throw table.problem("has no restaurant") }
        return (restaurants, numbers)
    }

    private static func readOrders(
        _ table: InstanceTable, _ numbers: [String: Int]
    ) throws(ReplayError) -> [Day.Order] {
        var orders: [Day.Order] = []
        var names: Set<String> = []
        for row in table.rows {
            let name = try row.text("order")
            guard names.insert(name).inserted else { throw table.problem("line \(row.line): \(name) is there twice") }
            let restaurant = try row.text("restaurant")
            guard let number = numbers[restaurant] else {
                throw table.problem("line \(row.line): no restaurant \(restaurant)")
            }
            let placement = try row.number("placement_time", in: minutes)
            let ready = try row.number("ready_time", in: minutes)
            guard ready >= placement else { throw table.problem("line \(row.line): ready before it is placed") }
            orders.append(
                Day.Order(
                    name: name, dropoff: try point(row), placement: placement, restaurant: number, ready: ready))
        }
        guard !orders.isEmpty else { throw table.problem("has no order") }
        return orders.sorted { $0.placement < $1.placement }
    }

    private static func readCouriers(_ table: InstanceTable) throws(ReplayError) -> [Day.Courier] {
        var couriers: [Day.Courier] = []
        for row in table.rows {
            let onTime = try row.number("on_time", in: minutes)
            let offTime = try row.number("off_time", in: minutes)
            guard offTime >= onTime else { throw table.problem("line \(row.line): off duty before on duty") }
            couriers.append(
                Day.Courier(name: try row.text("courier"), place: try point(row), onTime: onTime, offTime: offTime))
        }
        guard !couriers.isEmpty else { throw table.problem("has no courier") }
        return couriers
    }
}
