extension Report {
    /// What is shown at the end.
    var table: String {
        var lines: [String] = []
        func line(_ name: String, _ value: String) { lines.append(Self.padded(name, to: 28) + value) }
        line("orders placed", "\(orders.placed)")
        line("  delivered", "\(orders.delivered)")
        line("  cancelled", "\(orders.cancelled)")
        line("  unassigned", "\(orders.unassigned)")
        lines.append("")
        lines.append(Self.padded("minutes of the day", to: 28) + Self.columns(["mean", "p50", "p90"]))
        for (name, spread) in [
            ("  click to door", clickToDoor), ("  ready to door", readyToDoor), ("  ready to pickup", readyToPickup),
        ] {
            line(
                name,
                spread.map { Self.columns([$0.mean, $0.percentile(0.5), $0.percentile(0.9)].map(Self.decimal)) } ?? "-")
        }
        line("courier utilisation", utilisation.map { Self.decimal($0 * 100) + " %" } ?? "-")
        line("accepts another had won", "\(acceptsLost)")
        line(
            "status update, end to end",
            latency.map { "p50 \(Self.decimal($0.percentile(0.5))) ms, p99 \(Self.decimal($0.percentile(0.99))) ms" }
                ?? "-")
        line("sockets that came back", "\(reconnections)")
        line("requests sent again", "\(retries)")
        lines.append("")
        line("events expected", "\(events.expected)")
        line("  received", "\(events.received)")
        line("  lost", "\(events.lost)")
        line("  doubled", "\(events.doubled)")
        line("  out of order", "\(events.outOfOrder)")
        if events.unexpected > 0 { line("  meant for others", "\(events.unexpected)") }
        if !failures.isEmpty {
            lines.append("")
            lines += failures.map { "failed: " + $0 }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func columns(_ cells: [String]) -> String {
        cells.map { String(repeating: " ", count: max(0, 8 - $0.count)) + $0 }.joined()
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    /// One decimal.
    private static func decimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
    }
}
