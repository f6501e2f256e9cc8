/// One position as a driver's device reports it.
public struct PositionReport: Hashable, Sendable {
    public var coordinate: Coordinate
    /// Degrees clockwise from north, 0..<360.
    public var heading: Double?
    /// Metres a second.
    public var speed: Double?
    /// Radius in metres within which the device believes to be.
    public var accuracy: Double?
    /// The device's clock; nil when it was not sent.
    public var at: TimeStamp?

    /// - Returns: nil when heading, speed or accuracy is out of its range; 360 degrees are north.
    public init?(
        coordinate: Coordinate, heading: Double? = nil, speed: Double? = nil, accuracy: Double? = nil,
        at: TimeStamp? = nil
    ) {
        guard heading.map(Self.headings.contains) ?? true, speed.map(Self.speeds.contains) ?? true,
            accuracy.map(Self.accuracies.contains) ?? true
        else { return nil }
        self.coordinate = coordinate
        self.heading = heading == 360 ? 0 : heading
        self.speed = speed
        self.accuracy = accuracy
        self.at = at
    }

    /// Degrees.
    public static let headings = 0.0...360.0
    /// Metres a second; nothing that delivers is faster than sound.
    public static let speeds = 0.0...340.0
    /// Metres; more than half the globe's girth says nothing.
    public static let accuracies = 0.0...20_000_000.0
    /// Positions in one message.
    public static let batchSizes = 1...100
}
