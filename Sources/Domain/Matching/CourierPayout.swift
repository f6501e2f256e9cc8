import Glibc  // rounded() is a call into its mathematics library

/// What a driver is offered for an order: a plain tariff, the same for everybody.
public enum CourierPayout {
    /// For taking it.
    public static let base: Int64 = 250
    /// For each kilometre from pickup to dropoff, as the crow flies.
    public static let perDeliveryKilometre = 60.0
    /// For each kilometre to the pickup.
    public static let perApproachKilometre = 20.0

    /// In minor units of the order's currency, whatever it is. Lengths in metres; what is no length counts as none.
    public static func minorUnits(approachMeters: Double, deliveryMeters: Double) -> Int64 {
        let way = length(approachMeters) * perApproachKilometre + length(deliveryMeters) * perDeliveryKilometre
        return base + Int64((way / 1000).rounded())
    }

    /// Half the globe's girth bounds the sum.
    private static func length(_ meters: Double) -> Double { meters > 0 ? min(meters, 20_037_508) : 0 }
}
