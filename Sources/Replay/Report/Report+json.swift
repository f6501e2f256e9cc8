import Wire

extension Report {
    /// What `--json` writes.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object {
            $0.field("speed", speed)
            $0.field("seed", Int64(clamping: seed))
            $0.field("orders") {
                $0.object {
                    $0.field("placed", orders.placed)
                    $0.field("delivered", orders.delivered)
                    $0.field("cancelled", orders.cancelled)
                    $0.field("unassigned", orders.unassigned)
                }
            }
            $0.field("clickToDoorMinutes") { Self.write(clickToDoor, to: &$0) }
            $0.field("readyToDoorMinutes") { Self.write(readyToDoor, to: &$0) }
            $0.field("readyToPickupMinutes") { Self.write(readyToPickup, to: &$0) }
            // JSON has no number for "nobody was on duty": the writer makes it null.
            $0.field("courierUtilisation", Self.rounded(utilisation ?? .nan))
            $0.field("acceptsLost", acceptsLost)
            $0.field("latencyMs") {
                $0.object {
                    $0.field("p50", Self.rounded(latency?.percentile(0.5) ?? .nan))
                    $0.field("p99", Self.rounded(latency?.percentile(0.99) ?? .nan))
                }
            }
            $0.field("events") {
                $0.object {
                    $0.field("expected", events.expected)
                    $0.field("received", events.received)
                    $0.field("lost", events.lost)
                    $0.field("doubled", events.doubled)
                    $0.field("outOfOrder", events.outOfOrder)
                }
            }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    private static func write(_ spread: Spread?, to writer: inout JSONWriter) {
        writer.object {
            $0.field("mean", rounded(spread?.mean ?? .nan))
            $0.field("p50", rounded(spread?.percentile(0.5) ?? .nan))
            $0.field("p90", rounded(spread?.percentile(0.9) ?? .nan))
        }
    }

    /// To three decimals.
    private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
