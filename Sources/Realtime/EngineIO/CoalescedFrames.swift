import EventLoop

/// Events of which only the newest of each key waits for a client that is behind.
@Loop final class CoalescedFrames {
    private var waiting: [(key: String, frame: EncodedFrame)] = []

    /// More keys than a client follows at once; beyond, the oldest goes.
    private static let maximumKeys = 256

    /// Takes the place of the frame with the same key. False: one was lost for it, or for want of room.
    func keep(_ frame: EncodedFrame, key: String) -> Bool {
        if let index = waiting.firstIndex(where: { $0.key == key }) {
            waiting[index].frame = frame
            return false
        }
        let isFull = waiting.count >= Self.maximumKeys
        if isFull { waiting.removeFirst() }
        waiting.append((key, frame))
        return !isFull
    }

    /// All that wait, in the order in which their keys came.
    func take() -> [EncodedFrame] {
        let frames = waiting.map(\.frame)
        waiting = []
        return frames
    }
}
