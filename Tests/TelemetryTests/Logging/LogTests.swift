import Foundation
import Telemetry
import Testing

@Suite struct LogTests {
    let pipe = LogPipe()
    let sink: LogSink
    let log: Log

    init() {
        sink = LogSink(fileDescriptor: pipe.writeEnd)
        log = Log(level: .info, node: "node-1", sink: sink, clock: { 1_795_253_400_123 })
    }

    @Test func `a line is one JSON object with time, level, event, context and fields`() {
        log.with(correlationID: "abc").with(["queue": "mail"]).info(
            "order.placed", ["orderId": "o-1", "total": 1250, "ratio": 0.5, "paid": true, "driver": .null])
        #expect(
            pipe.text() == """
                {"ts":"2026-11-21T09:30:00.123Z","level":"info","event":"order.placed","node":"node-1",\
                "correlationId":"abc","queue":"mail","orderId":"o-1","total":1250,"ratio":0.5,"paid":true,"driver":null}

                """)
    }

    @Test func `lines below the level are not made`() {
        var made = false
        func field() -> KeyValuePairs<String, LogValue> {
            made = true
            return [:]
        }
        log.debug("x", field())
        #expect(!made)
        #expect(pipe.text().isEmpty)
    }

    @Test func `each level has its name and its setting`() {
        log.info("a")
        log.warning("b")
        log.error("c")
        let levels = pipe.text().split(separator: "\n").map { $0.split(separator: "\"")[7] }
        #expect(levels == ["info", "warn", "error"])
        #expect(LogLevel(setting: "WARN") == .warning && LogLevel(setting: "warning") == .warning)
        #expect(LogLevel(setting: "verbose") == nil && LogLevel(setting: "") == nil)
    }

    @Test func `nothing that is logged can begin a line or end a text`() throws {
        let nasty = "\"\\\n\r\t\u{0}\u{1B}\u{7F}é\u{2028}😀"
        log.info("x", ["\"k\n": .string(nasty)])
        let text = pipe.text()
        #expect(text.count { $0 == "\n" } == 1)
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(object?["\"k\n"] as? String == nasty)
    }

    @Test func `values of any type have a form`() {
        log.info("x", ["a": LogValue(7 as UInt16), "b": LogValue(8 as Int?), "c": LogValue(Int?.none)])
        log.info("x", ["d": LogValue(Duration.seconds(2)), "e": LogValue(UInt64.max), "f": .double(.nan)])
        let text = pipe.text()
        #expect(text.contains("\"a\":7,\"b\":8,\"c\":null}"))
        #expect(text.contains("\"d\":\"2.0 seconds\",\"e\":9223372036854775807,\"f\":null}"))
    }

    @Test func `a long text is cut`() throws {
        log.info("x", ["t": .string(String(repeating: "é", count: 5000))])
        let text = pipe.text()
        #expect(text.utf8.count < 2200)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
    }

    @Test(arguments: ["password", "accessToken", "JWT_SECRET", "Authorization", "set-cookie", "STRIPE_API_KEY"])
    func `a field named as a secret is never written`(name: String) {
        log.info("x", [name: "hunter2"])
        let text = pipe.text()
        #expect(!text.contains("hunter2"))
        #expect(text.contains("[redacted]"))
    }

    @Test(arguments: [
        ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln, ok", "got [redacted], ok"),
        ("Authorization: Bearer s3cr3t x", "Authorization: Bearer [redacted] x"),
        ("postgres://lastmile:hunter2@127.0.0.1/db", "postgres://lastmile:[redacted]@127.0.0.1/db"),
        ("redis://:pa:ss@host and redis://h:6379", "redis://:[redacted]@host and redis://h:6379"),
        ("http://127.0.0.1:8080/a@b", "http://127.0.0.1:8080/a@b"), ("eyJ is short", "eyJ is short"),
        ("10:30 a@b", "10:30 a@b"), ("", ""),
    ])
    func `tokens and passwords in texts are not written`(text: String, cleaned: String) throws {
        log.info("x", ["t": .string(text)])
        let object = try JSONSerialization.jsonObject(with: Data(pipe.text().utf8)) as? [String: Any]
        #expect(object?["t"] as? String == cleaned)
    }
}
