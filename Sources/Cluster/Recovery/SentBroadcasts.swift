import Realtime

/// This node's broadcasts that Redis has been given lately, by which those that come back are known without being read again.
/// Pure.
///
/// They come back in the order in which they were sent, but for those of channels that this node does not follow.
struct SentBroadcasts {
    private var messages: [LoggedMessage] = []
    /// The first that may come yet.
    private var next = 0
    private let limit: Int

    /// - Parameter limit: of broadcasts kept; an older one is read again when it comes.
    init(limit: Int) {
        self.limit = limit
    }

    mutating func append(_ batch: [LoggedMessage]) {
        messages.append(contentsOf: batch)
        next = max(next, messages.count - limit)
        guard next > messages.count / 2 else { return }
        messages.removeFirst(next)
        next = 0
    }

    /// The broadcast that was sent with these bytes, and the place that the log has put behind them.
    mutating func take(_ message: [UInt8]) -> (sent: LoggedMessage, place: RecoveryOffset)? {
        for index in next..<messages.count where Self.begins(message, with: messages[index].bytes) {
            let sent = messages[index]
            guard let place = Self.place(in: message, behind: sent.bytes.count) else { continue }
            next = index + 1
            return (sent, place)
        }
        return nil
    }

    private static func begins(_ message: [UInt8], with bytes: [UInt8]) -> Bool {
        guard message.count > bytes.count else { return false }
        return message.withUnsafeBytes { message in
            bytes.withUnsafeBytes { $0.elementsEqual(message.prefix($0.count)) }
        }
    }

    /// A text of MessagePack with its length in one byte, up to the end.
    private static func place(in message: [UInt8], behind count: Int) -> RecoveryOffset? {
        guard message.count > count + 2, message[count] == 0xD9, Int(message[count + 1]) == message.count - count - 2
        else { return nil }
        return RecoveryOffset(String(decoding: message[(count + 2)...], as: UTF8.self))
    }
}
