import EventLoop

/// The acknowledgements that one socket still owes.
@Loop final class PendingAcknowledgements {
    typealias Completion = @Loop (Result<ClientAnswer, AcknowledgementError>) -> Void

    private var entries: [Int: (completion: Completion, timer: ScheduledTimer?)] = [:]

    func add(_ id: Int, timeout: Duration, timing: any Timing, completion: @escaping Completion) {
        let timer = timing.after(timeout) { [weak self] in self?.finish(id, .failure(.timedOut)) }
        entries[id] = (completion, timer)
    }

    /// For a question to many sockets: whoever asks sees to its end.
    func add(_ id: Int, completion: @escaping Completion) { entries[id] = (completion, nil) }

    /// An unknown id (late, doubled, invented) is ignored.
    func finish(_ id: Int, _ result: Result<ClientAnswer, AcknowledgementError>) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        entry.timer?.cancel()
        entry.completion(result)
    }

    func failAll() {
        let all = entries.values
        entries = [:]
        for entry in all {
            entry.timer?.cancel()
            entry.completion(.failure(.disconnected))
        }
    }
}
