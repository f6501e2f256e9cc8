import EventLoop
import Realtime
import TestSupport
import Testing

@testable import Cluster

struct SessionRecordTests {
    @Test func `a record is read as it was written`() async throws {
        try await onLoop {
            let session = RecoverySession(
                pid: "p", socketID: "abc", namespace: "/n", epoch: "e", start: 1_763_000_000_000_000,
                rooms: ["r": 1_763_000_000_000_001, "ü\u{0}": 0, "new": SessionRecord.fromWriting],
                past: PastRooms(stays: [PastRooms.Stay(room: "l", since: 2, until: 4)], floor: 1), delivered: 5)
            let record = SessionRecord(session, opened: .max, confirmed: 3)
            let read = try #require(SessionRecord(record.encoded(head: "0000000000000042")))
            var expected = record
            expected.opened = UInt64(Int64.max)
            expected.rooms["new"] = 42
            #expect(read == expected)
        }
    }

    @Test func `what is no record is none`() async throws {
        try await onLoop {
            let session = RecoverySession(
                pid: "p", socketID: "abc", namespace: "/", epoch: "e", start: 1, rooms: ["r": 2], delivered: 5)
            let bytes = SessionRecord(session, opened: 1, confirmed: 0).encoded(head: "")
            for count in 0..<bytes.count { #expect(SessionRecord(Array(bytes[..<count])) == nil) }
            #expect(SessionRecord([0x91, 0x01]) == nil)
        }
    }
}
