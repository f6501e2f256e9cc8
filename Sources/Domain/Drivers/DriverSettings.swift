/// The driver settings of the contract (Matching), as read from the environment.
public struct DriverSettings: Hashable, Sendable {
    /// `DRIVER_SILENT_SECONDS`: alive for this long after the last sign of life.
    public var silentSeconds: Double
    /// `DRIVER_LOST_SECONDS`: silent for this long, a driver loses the orders not yet picked up.
    public var lostSeconds: Double

    /// The defaults.
    public init(silentSeconds: Double = 60, lostSeconds: Double = 300) {
        self.silentSeconds = silentSeconds
        self.lostSeconds = lostSeconds
    }

    /// Reads the variables above; absent ones keep their default.
    ///
    /// - Throws: `DomainError.setting`, which names the first variable that makes no sense.
    public init(environment: [String: String]) throws(DomainError) {
        let reader = SettingReader(environment: environment)
        let defaults = DriverSettings()
        silentSeconds = try reader.positive(
            "DRIVER_SILENT_SECONDS", default: defaults.silentSeconds, maximum: Self.maximumSeconds, unit: "seconds")
        lostSeconds = try reader.positive(
            "DRIVER_LOST_SECONDS", default: defaults.lostSeconds, maximum: Self.maximumSeconds, unit: "seconds")
    }

    /// A day: who has been silent for longer is not on duty.
    static let maximumSeconds = 86_400.0

    /// How often a node stamps its connected drivers as seen: four times before they would count as silent.
    public var stampSeconds: Double { silentSeconds / 4 }
}
