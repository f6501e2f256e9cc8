import EventLoop
import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct PollTests {
    @Test func `a pipe's reading end is ready once something was written`() async throws {
        try await onLoop {
            let pipe = try Pipe()
            let poll = try Poll(fileDescriptor: pipe.reader)
            let events = await withCheckedContinuation { continuation in
                poll.start(.readable) { events in
                    poll.stop()
                    continuation.resume(returning: events)
                }
                #expect(write(pipe.writer, "x", 1) == 1)
            }
            #expect(events == .readable)
        }
    }

    @Test func `interest can change from inside the handler`() async throws {
        try await onLoop {
            let pipe = try Pipe()
            let poll = try Poll(fileDescriptor: pipe.writer)
            let trace = Trace()
            await withCheckedContinuation { done in
                poll.start(.writable) { events in
                    trace.add("\(events.contains(.writable))")
                    poll.change([])
                    if trace.entries.count == 2 { done.resume() } else { Loop.spawn { poll.change(.writable) } }
                }
            }
            #expect(trace.entries == ["true", "true"])
            poll.stop()
            poll.stop()
        }
    }

    @Test func `the other end gone surfaces as an event`() async throws {
        try await onLoop {
            let pipe = try Pipe()
            let poll = try Poll(fileDescriptor: pipe.writer)
            fillPipe(pipe.writer)
            let events = await withCheckedContinuation { continuation in
                poll.start(.writable) { events in
                    poll.stop()
                    continuation.resume(returning: events)
                }
                pipe.closeReader()
            }
            #expect(events == [.readable, .writable])
        }
    }

    @Test func `a descriptor that cannot be polled is refused`() async throws {
        try await onLoop {
            let file = open("/proc/self/exe", O_RDONLY)
            defer { close(file) }
            #expect(throws: LoopError.system(operation: "poll", code: EPERM)) { try Poll(fileDescriptor: file) }
            #expect(throws: LoopError.self) { try Poll(fileDescriptor: 100_000) }
        }
    }
}

@Loop
private final class Pipe {
    private(set) var reader: Int32 = -1
    let writer: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        reader = ends[0]
        writer = ends[1]
    }

    func closeReader() {
        close(reader)
        reader = -1
    }

    isolated deinit {
        if reader >= 0 { close(reader) }
        close(writer)
    }
}

private func fillPipe(_ descriptor: Int32) {
    let page = [UInt8](repeating: 0, count: 4096)
    while write(descriptor, page, page.count) > 0 {}
}
