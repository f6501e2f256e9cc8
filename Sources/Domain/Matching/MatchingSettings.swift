/// The matching settings of the contract (Matching), as read from the environment.
public struct MatchingSettings: Hashable, Sendable {
    /// `MATCHING_OFFERS_AT_ONCE`: how many drivers are asked at the same time.
    public var offersAtOnce: Int
    /// `MATCHING_RADII_METERS`: ascending; drivers further than the last are never asked.
    public var radiiMeters: [Double]
    /// `MATCHING_OFFER_SECONDS`: how long an offer stands.
    public var offerSeconds: Double
    /// `MATCHING_BACKOFF_SECONDS`: the wait after the first try that failed; it doubles with each.
    public var backoffSeconds: Double
    /// `MATCHING_ATTEMPTS`: tries until the order is UNASSIGNED, the first included.
    public var attempts: Int

    /// The defaults.
    public init(
        offersAtOnce: Int = 3, radiiMeters: [Double] = [1000, 3000, 8000], offerSeconds: Double = 15,
        backoffSeconds: Double = 2, attempts: Int = 8
    ) {
        self.offersAtOnce = offersAtOnce
        self.radiiMeters = radiiMeters
        self.offerSeconds = offerSeconds
        self.backoffSeconds = backoffSeconds
        self.attempts = attempts
    }

    /// Reads the variables above; absent ones keep their default.
    ///
    /// - Throws: `DomainError.setting`, which names the first variable that makes no sense.
    public init(environment: [String: String]) throws(DomainError) {
        let reader = SettingReader(environment: environment)
        let defaults = MatchingSettings()
        offersAtOnce = try reader.whole(
            "MATCHING_OFFERS_AT_ONCE", default: defaults.offersAtOnce, in: 1...Self.maximumOffersAtOnce)
        radiiMeters = try reader.ascending(
            "MATCHING_RADII_METERS", default: defaults.radiiMeters, maximum: Self.maximumRadiusMeters,
            maximumCount: Self.maximumRadii, unit: "metres divided by commas")
        offerSeconds = try reader.positive(
            "MATCHING_OFFER_SECONDS", default: defaults.offerSeconds, maximum: Self.maximumSeconds, unit: "seconds")
        backoffSeconds = try reader.positive(
            "MATCHING_BACKOFF_SECONDS", default: defaults.backoffSeconds, maximum: Self.maximumSeconds,
            unit: "seconds")
        attempts = try reader.whole("MATCHING_ATTEMPTS", default: defaults.attempts, in: 1...Self.maximumAttempts)
    }

    /// The contract's bound.
    public static let maximumOffersAtOnce = 500
    /// Beyond a day's drive nobody is near.
    static let maximumRadiusMeters = 500_000.0
    /// Each radius is a search; more rings than this find nothing new.
    static let maximumRadii = 10
    /// An hour: an order that waits longer for one step is not being dispatched.
    static let maximumSeconds = 3600.0
    static let maximumAttempts = 100
    /// Five minutes: doubling goes no further, so that a driver who turns up late is still asked soon.
    static let maximumBackoffSeconds = 300.0

    /// Metres beyond which nobody is asked.
    public var widestRadiusMeters: Double { radiiMeters.last ?? 0 }

    public var backoff: Backoff {
        Backoff(baseSeconds: backoffSeconds, maximumSeconds: max(Self.maximumBackoffSeconds, backoffSeconds))
    }

    /// How soon to look again for more drivers while fewer than `offersAtOnce` could be asked: four times in the life
    /// of an offer.
    public var lookAgainSeconds: Double { offerSeconds / 4 }
}
