import Telemetry
import Testing

@Suite struct ExpositionTests {
    static func text(_ registry: MetricsRegistry) -> String { String(decoding: registry.render(), as: UTF8.self) }

    @Test func `each kind is written as the format says`() {
        let registry = MetricsRegistry()
        let requests = registry.counters("http_requests_total", help: "Answers.", labels: ["method", "status"])
        requests.with("GET", "200").increment()
        requests.with("GET", "200").increment(by: 2)
        requests.with("POST", "202").increment()
        let open = registry.gauge("sockets_open", help: "Open sockets.")
        open.set(3)
        open.add(-1.5)
        let lag = registry.histogram("lag_seconds", help: "Lag.", bounds: [0.1, 1])
        for value in [0.05, 0.1, 0.5, 7] { lag.observe(value) }
        #expect(
            Self.text(registry) == """
                # HELP http_requests_total Answers.
                # TYPE http_requests_total counter
                http_requests_total{method="GET",status="200"} 3
                http_requests_total{method="POST",status="202"} 1
                # HELP sockets_open Open sockets.
                # TYPE sockets_open gauge
                sockets_open 1.5
                # HELP lag_seconds Lag.
                # TYPE lag_seconds histogram
                lag_seconds_bucket{le="0.1"} 2
                lag_seconds_bucket{le="1"} 3
                lag_seconds_bucket{le="+Inf"} 4
                lag_seconds_sum 7.65
                lag_seconds_count 4

                """)
    }

    @Test func `what is read when asked for is read each time`() {
        let registry = MetricsRegistry()
        var value = 1.0
        registry.gauge("depth", help: "Depth.") { value }
        registry.gauges("rooms", help: "Rooms.", label: "namespace") { [("/", value), ("/a", 0)] }
        registry.counter("turns_total", help: "Turns.") { value }
        registry.counters("reads_total", help: "Reads.", label: "pool") { [] }
        value = 2
        let text = Self.text(registry)
        #expect(text.contains("\ndepth 2\n"))
        #expect(text.contains("rooms{namespace=\"/\"} 2\nrooms{namespace=\"/a\"} 0\n"))
        #expect(text.contains("# TYPE turns_total counter\nturns_total 2\n"))
        #expect(text.hasSuffix("# TYPE reads_total counter\n"))
    }

    @Test func `texts are escaped`() {
        let registry = MetricsRegistry()
        registry.gauges("x", help: "a\\b\n\"c\"", label: "l") { [("q\"\\\n", 0)] }
        #expect(Self.text(registry) == "# HELP x a\\\\b\\n\"c\"\n# TYPE x gauge\nx{l=\"q\\\"\\\\\\n\"} 0\n")
    }

    @Test func `numbers that are none have their own words`() {
        let registry = MetricsRegistry()
        registry.gauges("x", help: "", label: "l") { [("a", .nan), ("b", .infinity), ("c", -.infinity), ("d", 1e300)] }
        let text = Self.text(registry)
        for line in ["{l=\"a\"} NaN\n", "{l=\"b\"} +Inf\n", "{l=\"c\"} -Inf\n", "{l=\"d\"} 1e+300\n"] {
            #expect(text.contains(line))
        }
    }

    @Test func `labels without bound end in one child called other`() {
        let registry = MetricsRegistry()
        let family = registry.counters("x_total", help: "", labels: ["id"])
        for index in 0..<1500 { family.with("\(index)").increment() }
        let lines = Self.text(registry).split(separator: "\n").dropFirst(2)
        #expect(lines.count == 1001)
        #expect(lines.last == "x_total{id=\"other\"} 500")
    }

    @Test func `the process's own metrics are there and plausible`() {
        let registry = MetricsRegistry()
        ProcessMetrics.register(in: registry, startSeconds: 12)
        #expect(ProcessMetrics.residentBytes() > 1_000_000)
        #expect(ProcessMetrics.cpuSeconds() > 0)
        #expect(Self.text(registry).contains("process_start_time_seconds 12\n"))
    }
}
