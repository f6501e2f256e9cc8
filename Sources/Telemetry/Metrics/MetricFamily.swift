/// Metrics of one name that differ in the values of their labels. Belongs to whoever owns the registry (the loop).
public final class MetricFamily<Metric: Sendable> {
    private let labelNames: [String]
    private let make: () -> Metric
    private var children: [[String]: Metric] = [:]
    private var order: [[String]] = []

    init(labelNames: [String], make: @escaping () -> Metric) {
        self.labelNames = labelNames
        self.make = make
    }

    /// The metric of these label values, made on first use. Hot code keeps what it gets.
    ///
    /// Labels come from a small set: routes, states, kinds; never ids. Beyond `maximumChildren` everything new is counted
    /// under `other`, so that a mistake costs no memory.
    ///
    /// - Parameters:
    ///   - values: one for each label name, in their order.
    public func with(_ values: String...) -> Metric {
        precondition(values.count == labelNames.count, "one value for each of \(labelNames)")
        if let known = children[values] { return known }
        let key = children.count < maximumChildren ? values : values.map { _ in "other" }
        if let known = children[key] { return known }
        let metric = make()
        children[key] = metric
        order.append(key)
        return metric
    }

    var all: [(labels: [(String, String)], metric: Metric)] {
        order.compactMap { values in
            children[values].map { (Array(zip(labelNames, values)), $0) }
        }
    }
}

/// More than the routes of a node times the statuses they answer with.
private let maximumChildren = 1000
