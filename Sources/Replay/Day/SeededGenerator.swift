import Glibc

/// SplitMix64: the same seed gives the same day on every machine.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// A generator of its own for each `stream` of one seed.
    init(seed: UInt64, stream: UInt64) {
        var mixer = SeededGenerator(seed: seed ^ (stream &* 0xD134_2543_DE82_EF95))
        state = mixer.next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// 0..<1.
    mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Normally distributed (Box–Muller).
    mutating func normal(mean: Double, deviation: Double) -> Double {
        let radius = sqrt(-2 * log(1 - fraction()))
        return mean + deviation * radius * cos(2 * .pi * fraction())
    }

    /// A point evenly spread over the disc around `centre`.
    mutating func point(around centre: Point, within radius: Double) -> Point {
        let distance = radius * sqrt(fraction())
        let angle = 2 * .pi * fraction()
        return Point(x: centre.x + distance * cos(angle), y: centre.y + distance * sin(angle))
    }
}
