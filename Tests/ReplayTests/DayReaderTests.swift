import Testing

@testable import Replay

@Suite struct DayReaderTests {
    static let restaurants = "restaurant\tx\ty\nr1\t100\t200\nr2\t300.5\t0\n"
    static let orders =
        "order\tx\ty\tplacement_time\trestaurant\tready_time\no2\t5\t6\t720\tr2\t735\no1\t1\t2\t700\tr1\t710\n"
    static let couriers = "courier\tx\ty\ton_time\toff_time\nc1\t7\t8\t600\t900\n"
    static let parameters =
        "meters_per_minute\tpickup service minutes\tdropoff service minutes\ttarget click-to-door\n320\t4\t6\t40\n"

    static func read(
        restaurants: String = restaurants, orders: String = orders, couriers: String = couriers,
        parameters: String = parameters
    ) throws(ReplayError) -> Day {
        try DayReader.day(
            title: "test", restaurants: restaurants, orders: orders, couriers: couriers, parameters: parameters)
    }

    @Test func `an instance is read by the names of its columns, its orders by time`() throws {
        let day = try Self.read()
        #expect(day.restaurants.map(\.place) == [Point(x: 100, y: 200), Point(x: 300.5, y: 0)])
        #expect(day.orders.map(\.name) == ["o1", "o2"])
        #expect(day.orders[1].restaurant == 1)
        #expect(day.orders[1].ready == 735)
        #expect(day.couriers == [Day.Courier(name: "c1", place: Point(x: 7, y: 8), onTime: 600, offTime: 900)])
        #expect(day.rules == TravelRules(metersPerMinute: 320, pickupService: 4, dropoffService: 6))
        #expect(day.firstMinute == 600)
        #expect(day.lastMinute == 900)
    }

    @Test func `line ends of either kind and empty lines are taken`() throws {
        let text = Self.orders.split(separator: "\n").joined(separator: "\r\n") + "\r\n\r\n"
        #expect(try Self.read(orders: text) == (try Self.read()))
    }

    @Test func `columns may stand in another order`() throws {
        #expect(try Self.read(couriers: "off_time\ty\tx\tcourier\ton_time\n900\t8\t7\tc1\t600\n") == (try Self.read()))
    }

    static let refusals: [(name: String, text: String, line: String)] = [
        ("orders", "", "orders.txt is empty"),
        ("orders", "order\tx\n", "orders.txt: has no order"),
        (
            "orders", "order\tx\ty\tplacement_time\trestaurant\no1\t1\t1\t5\tr1\n",
            "orders.txt: has no column ready_time"
        ),
        (
            "orders", orders.replacing("735", with: "soon"),
            "orders.txt: line 2: ready_time is not a number: soon"
        ),
        ("orders", orders.replacing("735", with: "719"), "orders.txt: line 2: ready before it is placed"),
        ("orders", orders.replacing("r2", with: "r9"), "orders.txt: line 2: no restaurant r9"),
        ("orders", orders.replacing("o2", with: "o1"), "orders.txt: line 3: o1 is there twice"),
        ("orders", orders.replacing("5\t6", with: "nan\t6"), "orders.txt: line 2: x is not a number: nan"),
        ("orders", orders.replacing("5\t6", with: "5e9\t6"), "orders.txt: line 2: x is out of range: 5e9"),
        ("couriers", couriers.replacing("900", with: "599"), "couriers.txt: line 2: off duty before on duty"),
        ("couriers", "courier\tx\ty\ton_time\toff_time\n", "couriers.txt: has no courier"),
        ("parameters", "meters_per_minute\n", "instance_parameters.txt: must have one line"),
        (
            "parameters", parameters.replacing("320", with: "0"),
            "instance_parameters.txt: line 2: meters_per_minute is out of range: 0"
        ),
    ]

    @Test(arguments: refusals)
    func `a senseless file is named with its line`(_ refusal: (name: String, text: String, line: String)) {
        let error = #expect(throws: ReplayError.self) {
            switch refusal.name {
            case "orders": try Self.read(orders: refusal.text)
            case "couriers": try Self.read(couriers: refusal.text)
            default: try Self.read(parameters: refusal.text)
            }
        }
        #expect(error?.description == refusal.line)
        #expect(error?.exitStatus == 2)
    }

    @Test func `a directory that is not there is one line`() {
        let error = #expect(throws: ReplayError.self) { try DayReader.read(directory: "/nowhere/at/all") }
        #expect(error?.description == "cannot read /nowhere/at/all/restaurants.txt: No such file or directory")
    }
}
