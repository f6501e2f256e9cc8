public import Domain

/// A position and whose it is.
public struct DriverPosition: Sendable {
    public var driverID: UUID16
    public var report: PositionReport

    public init(driverID: UUID16, report: PositionReport) {
        self.driverID = driverID
        self.report = report
    }
}
