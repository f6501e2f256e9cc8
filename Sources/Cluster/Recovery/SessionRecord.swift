import EventLoop
import Realtime
import Wire

/// What Redis keeps of a session, as MessagePack: `[namespace, socket, life of the log, start, opened, confirmed, {room:
/// since}, [[left room, since, until]], floor of what is left]`.
struct SessionRecord: Equatable {
    var namespace: String
    var socketID: String
    var epoch: String
    var start: UInt64
    /// How far the node, or what it had replayed, was when the session's present or last connection began. Only a
    /// confirmation beyond it is one of this connection's client.
    var opened: UInt64
    /// Up to here the client surely has everything, as far as was known when this was written.
    var confirmed: UInt64
    /// By name, since when; `fromWriting` for those joined since the last time it was written.
    var rooms: [String: UInt64]

    var past: PastRooms

    /// Stands for the log's last number at the time of writing.
    static let fromWriting = UInt64.max

    @Loop init(_ session: RecoverySession, opened: UInt64, confirmed: UInt64) {
        namespace = session.namespace
        socketID = session.socketID
        epoch = session.epoch
        start = session.start
        self.opened = opened
        self.confirmed = confirmed
        rooms = session.rooms
        past = session.past
    }

    /// - Parameter head: what stands in the place of the log's last number, which the script of Redis knows.
    func encoded(head: String) -> [UInt8] {
        var writer = MessagePackWriter(reservingCapacity: 96 + rooms.count * 24)
        writer.array(Self.fields)
        for text in [namespace, socketID, epoch] { writer.value(text) }
        for number in [start, opened, confirmed] { writer.value(Int64(clamping: number)) }
        writer.map(rooms.count)
        for (room, since) in rooms {
            writer.value(room)
            if since == Self.fromWriting { writer.value(head) } else { writer.value(Int64(clamping: since)) }
        }
        writer.array(past.stays.count)
        for stay in past.stays {
            writer.array(3)
            writer.value(stay.room)
            writer.value(Int64(clamping: stay.since))
            writer.value(Int64(clamping: stay.until))
        }
        writer.value(Int64(clamping: past.floor))
        return writer.bytes
    }

    private static let fields = 9

    /// nil for what is none.
    init?(_ bytes: [UInt8]) {
        var reader = MessagePackReader()
        let span = bytes.span
        do throws(WireError) {
            guard try reader.array(span) == Self.fields else { return nil }
            namespace = try reader.text(span)
            socketID = try reader.text(span)
            epoch = try reader.text(span)
            guard let start = try Self.number(&reader, span), let opened = try Self.number(&reader, span),
                let confirmed = try Self.number(&reader, span)
            else { return nil }
            self.start = start
            self.opened = opened
            self.confirmed = confirmed
            rooms = [:]
            for _ in 0..<(try reader.map(span)) {
                let room = try reader.text(span)
                guard let since = try Self.number(&reader, span) else { return nil }
                rooms[room] = since
            }
            var stays: [PastRooms.Stay] = []
            for _ in 0..<(try reader.array(span)) {
                guard try reader.array(span) == 3 else { return nil }
                let room = try reader.text(span)
                guard let since = try Self.number(&reader, span), let until = try Self.number(&reader, span) else {
                    return nil
                }
                stays.append(PastRooms.Stay(room: room, since: since, until: until))
            }
            guard let floor = try Self.number(&reader, span) else { return nil }
            past = PastRooms(stays: stays, floor: floor)
        } catch {
            return nil
        }
    }

    private static func number(
        _ reader: inout MessagePackReader, _ bytes: Span<UInt8>
    ) throws(WireError) -> UInt64? {
        switch try reader.next(bytes) {
        case .integer(let value): UInt64(exactly: value)
        case .unsigned(let value): value
        case .string(let range): bytes.extracting(range).withUnsafeBytes { UInt64(String(decoding: $0, as: UTF8.self)) }
        default: nil
        }
    }
}
