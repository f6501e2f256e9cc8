/// A day of deliveries as it is planned: who is where and when, in metres and minutes.
struct Day: Equatable, Sendable {
    struct Restaurant: Equatable, Sendable {
        var name: String
        var place: Point
    }

    struct Order: Equatable, Sendable {
        var name: String
        var dropoff: Point
        /// Minutes of the day.
        var placement: Double
        /// Index among the restaurants.
        var restaurant: Int
        /// Minutes of the day.
        var ready: Double
        /// When the customer changes their mind, minutes of the day.
        var cancellation: Double?
    }

    struct Courier: Equatable, Sendable {
        var name: String
        var place: Point
        /// Minutes of the day.
        var onTime: Double
        var offTime: Double
    }

    var title: String
    var rules: TravelRules
    var restaurants: [Restaurant]
    var orders: [Order]
    var couriers: [Courier]

    /// The first minute in which something happens.
    var firstMinute: Double {
        min(orders.map(\.placement).min() ?? .infinity, couriers.map(\.onTime).min() ?? .infinity)
    }

    /// The last minute that is planned.
    var lastMinute: Double {
        max(orders.map(\.ready).max() ?? 0, couriers.map(\.offTime).max() ?? 0)
    }
}
