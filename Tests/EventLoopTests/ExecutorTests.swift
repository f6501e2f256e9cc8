import EventLoop
import Glibc
import TestSupport
import Testing

@Suite struct ExecutorTests {
    @Test func `resumes stay on the loop's thread`() async throws {
        try await onLoop {
            var resumes = 0
            for _ in 0..<10 {
                try await SystemTiming.shared.sleep(for: .milliseconds(1))
                #expect(Loop.isCurrent)
                resumes += 1
            }
            #expect(resumes == 10)
        }
    }
}
