import Glibc  // rounded() is a call into its mathematics library

/// How long a driver still needs, from the distance as the crow flies alone.
public enum ArrivalEstimate {
    /// Streets are longer than the bee-line by about this much.
    public static let detour = 1.3

    /// Metres a second through a town, stops included.
    public static func speed(of vehicle: Vehicle) -> Double {
        switch vehicle {
        case .bike: 4.2
        case .scooter: 6.9
        case .car: 6.4
        case .van: 5.6
        }
    }

    /// Whole seconds, rounded; 0 for what is no distance.
    public static func seconds(meters: Double, vehicle: Vehicle) -> Int {
        guard meters > 0, meters.isFinite else { return 0 }
        return Int((meters * detour / speed(of: vehicle)).rounded())
    }
}
