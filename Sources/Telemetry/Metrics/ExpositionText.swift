/// Prometheus's text format 0.0.4.
struct ExpositionText {
    private(set) var bytes: [UInt8] = []

    mutating func header(_ name: String, help: String, kind: String) {
        append("# HELP \(name) ")
        escape(help, quotes: false)
        append("\n# TYPE \(name) \(kind)\n")
    }

    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Double) {
        append(name)
        if !labels.isEmpty {
            var separator = "{"
            for (label, text) in labels {
                append("\(separator)\(label)=\"")
                escape(text, quotes: true)
                append("\"")
                separator = ","
            }
            append("}")
        }
        append(" \(Self.number(value))\n")
    }

    mutating func histogram(_ name: String, _ labels: [(String, String)], _ histogram: Histogram) {
        let counts = histogram.cumulativeCounts
        for (index, count) in counts.enumerated() {
            let bound = index < histogram.bounds.count ? histogram.bounds[index] : .infinity
            sample(name + "_bucket", labels + [("le", Self.number(bound))], Double(count))
        }
        sample(name + "_sum", labels, histogram.sum)
        sample(name + "_count", labels, Double(counts.last ?? 0))
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return Int64(exactly: value).map(String.init) ?? String(value)
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func escape(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\"") where quotes: append("\\\"")
            default: bytes.append(byte)
            }
        }
    }
}
