import Telemetry
import Testing

@Suite struct HistogramTests {
    @Test func `a bound belongs to its bucket`() {
        let histogram = Histogram(bounds: [1, 2])
        for value in [1, 1.000001, 2, 3, -5] { histogram.observe(value) }
        #expect(histogram.cumulativeCounts == [2, 4, 5])
        #expect(histogram.count == 5)
    }

    @Test func `durations are seconds`() {
        let histogram = Histogram(bounds: [0.01, 0.02])
        histogram.observe(.milliseconds(15))
        #expect(histogram.cumulativeCounts == [0, 1, 1])
        #expect(abs(histogram.sum - 0.015) < 1e-12)
    }

    @Test func `threads lose no observation`() async {
        let histogram = Histogram(bounds: [1])
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<5000 {
                        histogram.observe(0.5)
                        counter.increment()
                    }
                }
            }
        }
        #expect(histogram.count == 20_000 && histogram.sum == 10_000)
        #expect(counter.value == 20_000)
    }
}
