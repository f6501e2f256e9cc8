/// An offer of this order that is OPEN in the database, whether or not its time has run out.
public struct OpenOffer: Hashable, Sendable {
    public var id: UUID16
    public var driverId: UUID16
    public var expiresAt: TimeStamp

    public init(id: UUID16, driverId: UUID16, expiresAt: TimeStamp) {
        self.id = id
        self.driverId = driverId
        self.expiresAt = expiresAt
    }
}
