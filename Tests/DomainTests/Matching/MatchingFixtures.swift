import Domain

func driver(_ number: UInt64) -> UUID16 { UUID16(high: 0, low: number) }

func at(_ seconds: Double) -> TimeStamp { TimeStamp(milliseconds: 0).advanced(bySeconds: seconds) }

func candidate(
    _ number: UInt64, _ meters: Double, available: Bool = true, alive: Bool = true, load: Int = 0, capacity: Int = 1,
    answer: EarlierAnswer? = nil
) -> MatchingCandidate {
    MatchingCandidate(
        driverId: driver(number), distanceMeters: meters, isAvailable: available, isAlive: alive, load: load,
        capacity: capacity, earlierAnswer: answer)
}

func offer(_ number: UInt64, to driverNumber: UInt64, expires seconds: Double) -> OpenOffer {
    OpenOffer(id: UUID16(high: 1, low: number), driverId: driver(driverNumber), expiresAt: at(seconds))
}

/// Jitter that leaves a backoff exact.
let exactly = 0.5
