import EventLoop
import Glibc

/// The seconds that each round of a load is to last, as whoever measures writes them, a line a round, to standard input.
@Loop
final class Rounds {
    private var poll: Poll?
    private var text: [UInt8] = []
    private var hasEnded = false
    private var waiting: CheckedContinuation<Void, Never>?

    init() throws(LoadFailure) {
        do throws(LoopError) {
            let poll = try Poll(fileDescriptor: STDIN_FILENO)
            self.poll = poll
            poll.start(.readable) { [unowned self] _ in read() }
        } catch {
            throw LoadFailure(description: "standard input: \(error)")
        }
    }

    /// Nil when no more rounds are asked for.
    func next() async throws(LoadFailure) -> Duration? {
        while true {
            if let end = text.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: text[..<end], as: UTF8.self)
                text.removeSubrange(...end)
                guard let seconds = Double(line), seconds > 0 else {
                    throw LoadFailure(description: "no seconds: \(line)")
                }
                return .milliseconds(Int64(seconds * 1000))
            }
            if hasEnded { return nil }
            await withCheckedContinuation { waiting = $0 }
        }
    }

    private func read() {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
        if count > 0 {
            text.append(contentsOf: buffer[..<count])
        } else if count == 0 || errno != EAGAIN {
            hasEnded = true
            poll?.stop()
        }
        waiting?.resume()
        waiting = nil
    }
}
