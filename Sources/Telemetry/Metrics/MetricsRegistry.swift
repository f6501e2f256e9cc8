/// Every metric of a process, and their text in Prometheus's exposition format 0.0.4.
///
/// Not `Sendable`: it belongs to the loop, which registers, reads and renders. The metrics themselves may be fed from
/// anywhere. Registering a name twice, or one that Prometheus refuses, is a programmer's error and stops the process.
public final class MetricsRegistry {
    private enum Source {
        case counters(MetricFamily<Counter>)
        case gauges(MetricFamily<Gauge>)
        case histograms(MetricFamily<Histogram>)
        case read(() -> [(labels: [(String, String)], value: Double)])
    }

    private struct Entry {
        var name: String
        var help: String
        var kind: String
        var source: Source
    }

    private var entries: [Entry] = []
    private var names: Set<String> = []

    public init() {}

    /// A counter without labels. By convention the name ends in `_total`.
    public func counter(_ name: String, help: String) -> Counter {
        counters(name, help: help, labels: []).with()
    }

    /// Counters with labels.
    public func counters(_ name: String, help: String, labels: [String]) -> MetricFamily<Counter> {
        let family = MetricFamily(labelNames: labels) { Counter() }
        register(name, help, kind: "counter", labels: labels, .counters(family))
        return family
    }

    /// A gauge without labels that somebody sets.
    public func gauge(_ name: String, help: String) -> Gauge {
        gauges(name, help: help, labels: []).with()
    }

    /// Gauges with labels.
    public func gauges(_ name: String, help: String, labels: [String]) -> MetricFamily<Gauge> {
        let family = MetricFamily(labelNames: labels) { Gauge() }
        register(name, help, kind: "gauge", labels: labels, .gauges(family))
        return family
    }

    /// A histogram without labels. By convention the name ends in its unit: `_seconds`, `_bytes`.
    public func histogram(
        _ name: String, help: String, bounds: [Double] = Histogram.latencySeconds
    ) -> Histogram {
        histograms(name, help: help, labels: [], bounds: bounds).with()
    }

    /// Histograms with labels; `le` is not for the taking.
    public func histograms(
        _ name: String, help: String, labels: [String], bounds: [Double] = Histogram.latencySeconds
    ) -> MetricFamily<Histogram> {
        let family = MetricFamily(labelNames: labels) { Histogram(bounds: bounds) }
        register(name, help, kind: "histogram", labels: labels, .histograms(family))
        return family
    }

    /// A gauge that is read when it is asked for.
    public func gauge(_ name: String, help: String, read: @escaping () -> Double) {
        register(name, help, kind: "gauge", labels: [], .read { [([], read())] })
    }

    /// A counter that is kept elsewhere and read when it is asked for; it must never fall.
    public func counter(_ name: String, help: String, read: @escaping () -> Double) {
        register(name, help, kind: "counter", labels: [], .read { [([], read())] })
    }

    /// Gauges with one label that are read when they are asked for: (label value, value) each.
    public func gauges(
        _ name: String, help: String, label: String, read: @escaping () -> [(String, Double)]
    ) {
        register(
            name, help, kind: "gauge", labels: [label],
            .read { read().map { (labels: [(label, $0.0)], value: $0.1) } })
    }

    /// Counters with one label that are kept elsewhere: (label value, value) each.
    public func counters(
        _ name: String, help: String, label: String, read: @escaping () -> [(String, Double)]
    ) {
        register(
            name, help, kind: "counter", labels: [label],
            .read { read().map { (labels: [(label, $0.0)], value: $0.1) } })
    }

    /// What `GET /metrics` answers with the media type `contentType`: families in the order of their registration.
    public func render() -> [UInt8] {
        var text = ExpositionText()
        for entry in entries {
            text.header(entry.name, help: entry.help, kind: entry.kind)
            switch entry.source {
            case .counters(let family):
                for (labels, counter) in family.all {
                    text.sample(entry.name, labels, Double(counter.value))
                }
            case .gauges(let family):
                for (labels, gauge) in family.all { text.sample(entry.name, labels, gauge.value) }
            case .histograms(let family):
                for (labels, histogram) in family.all { text.histogram(entry.name, labels, histogram) }
            case .read(let read):
                for (labels, value) in read() { text.sample(entry.name, labels, value) }
            }
        }
        return text.bytes
    }

    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private func register(_ name: String, _ help: String, kind: String, labels: [String], _ source: Source) {
        precondition(Self.isName(name, colons: true), "\(name) is no metric name")
        precondition(labels.allSatisfy { Self.isName($0, colons: false) && $0 != "le" }, "\(labels) are no labels")
        precondition(names.insert(name).inserted, "\(name) is registered already")
        entries.append(Entry(name: name, help: help, kind: kind, source: source))
    }

    private static func isName(_ name: String, colons: Bool) -> Bool {
        guard let first = name.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
        return name.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == "_"
                || colons && $0 == ":"
        }
    }
}
