/// Mean and percentiles of a sample.
struct Spread: Equatable, Sendable {
    let count: Int
    let mean: Double
    private let sorted: [Double]

    /// Nil for an empty sample.
    init?(_ sample: [Double]) {
        guard !sample.isEmpty else { return nil }
        sorted = sample.sorted()
        count = sample.count
        mean = sample.reduce(0, +) / Double(sample.count)
    }

    /// The smallest value that at least `share` (0…1) of the sample do not exceed (nearest rank).
    func percentile(_ share: Double) -> Double {
        let rank = Int((share * Double(count)).rounded(.up))
        return sorted[min(max(rank, 1), count) - 1]
    }
}
