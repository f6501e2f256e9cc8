import Glibc

/// How long driving and handing over take (Reyes et al. 2018, the Meal Delivery Routing Problem).
struct TravelRules: Equatable, Sendable {
    var metersPerMinute: Double
    /// Minutes at the restaurant, half before and half after the pickup.
    var pickupService: Double
    /// Minutes at the door, half before and half after the drop-off.
    var dropoffService: Double

    /// Whole minutes, rounded up.
    func travelMinutes(from: Point, to: Point) -> Double {
        ceil(from.distance(to: to) / metersPerMinute)
    }

    /// The earliest minute of pickup for a courier who arrives at `arrival`.
    func pickup(arrival: Double, ready: Double) -> Double {
        max(ready, arrival + pickupService / 2)
    }

    /// The minute of drop-off for a courier who arrives at `arrival`.
    func dropoff(arrival: Double) -> Double { arrival + dropoffService / 2 }
}
