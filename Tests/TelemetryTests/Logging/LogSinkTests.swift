import Synchronization
import Telemetry
import Testing

@Suite struct LogSinkTests {
    let pipe = LogPipe()

    func log(_ sink: LogSink) -> Log { Log(level: .info, sink: sink, clock: { 0 }) }

    @Test func `deferred lines wait for the flush, which is asked for once`() {
        let sink = LogSink(fileDescriptor: pipe.writeEnd)
        let asked = Counter()
        sink.deferFlush { asked.increment() }
        log(sink).info("a")
        log(sink).info("b")
        #expect(pipe.text().isEmpty)
        #expect(asked.value == 1)
        #expect(sink.flush())
        #expect(pipe.text().split(separator: "\n").count == 2)
        log(sink).info("c")
        #expect(asked.value == 2)
    }

    @Test func `an error is written at once, after what waits before it`() {
        let sink = LogSink(fileDescriptor: pipe.writeEnd)
        sink.deferFlush {}
        log(sink).info("first")
        log(sink).error("second")
        let lines = pipe.text().split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.contains("first") == true)
    }

    @Test func `a reader who stops blocks nobody; what does not fit is dropped and counted`() {
        let sink = LogSink(fileDescriptor: pipe.writeEnd, capacity: 10_000)
        let log = log(sink)
        for number in 0..<3000 { log.info("line", ["n": LogValue(number), "text": LogValue(Int?.none)]) }
        #expect(sink.droppedLines > 0)
        #expect(!sink.flush())
        var text = ""
        repeat { text += pipe.text() } while !sink.flush()
        _ = sink.flush()
        text += pipe.text()
        log.info("after")
        text += pipe.text()
        let lines = text.split(separator: "\n")
        #expect(lines.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
        #expect(UInt64(lines.count { $0.contains("\"line\"") }) + sink.droppedLines == 3000)
        #expect(lines.contains { $0.contains("log.dropped") && $0.contains("\"lines\":\(sink.droppedLines)") })
        #expect(lines.last?.contains("after") == true)
    }

    @Test func `at exit a slow reader is waited for, a dead one not for ever`() {
        let sink = LogSink(fileDescriptor: pipe.writeEnd)
        let log = log(sink)
        for _ in 0..<3000 { log.info("line") }
        sink.flushAtExit(milliseconds: 1)
        #expect(!sink.flush())
    }

    @Test func `threads write whole lines`() async {
        let sink = LogSink(fileDescriptor: pipe.writeEnd)
        let log = log(sink)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { for _ in 0..<100 { log.info("line", ["text": "some text"]) } }
            }
        }
        let lines = pipe.text().split(separator: "\n")
        #expect(lines.count == 400)
        #expect(lines.allSatisfy { $0.hasSuffix("\"text\":\"some text\"}") })
    }

    @Test func `a silent log is silent`() {
        Log.silent.error("x")
    }
}
