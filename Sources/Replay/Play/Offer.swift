import EventLoop
import Wire

/// An offer as a courier's socket brings it.
struct Offer: Sendable {
    let id: String
    let orderID: String
    let merchantID: String
    let pickup: Point
    let dropoff: Point
    let expiresAt: LoopTime

    /// Nil when it is none.
    @Loop init?(_ json: JSONValue, stage: Stage) {
        guard let id = json["offerId"]?.stringValue, let orderID = json["orderId"]?.stringValue,
            let merchantID = json["merchant"]?["id"]?.stringValue,
            let pickup = Self.point(json["pickup"], stage), let dropoff = Self.point(json["dropoff"], stage),
            let milliseconds = json["expiresInMs"]?.integerValue
        else { return nil }
        self.id = id
        self.orderID = orderID
        self.merchantID = merchantID
        self.pickup = pickup
        self.dropoff = dropoff
        expiresAt = SystemTiming.shared.now + .milliseconds(max(milliseconds, 0))
    }

    @Loop private static func point(_ json: JSONValue?, _ stage: Stage) -> Point? {
        guard let latitude = json?["lat"]?.doubleValue, let longitude = json?["lng"]?.doubleValue else { return nil }
        return stage.point(latitude: latitude, longitude: longitude)
    }
}
