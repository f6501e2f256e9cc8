import Testing

@testable import Cluster

struct SessionWritesTests {
    private typealias Write = SessionWrites.Write

    private static func next(_ writes: inout SessionWrites) -> [Write]? {
        writes.next(limit: 10) { Array($0.utf8) }
    }

    @Test func `several changes are one write, of how it is then`() {
        var writes = SessionWrites()
        writes.note(.update, "p")
        writes.note(.update, "p")
        #expect(Self.next(&writes) == [Write(what: .update, pid: "p", record: Array("p".utf8))])
        writes.succeeded()
        #expect(writes.isEmpty && Self.next(&writes) == nil)
    }

    @Test func `a session that Redis never heard of is made by whatever is written first`() {
        var writes = SessionWrites()
        writes.note(.create, "p")
        writes.note(.update, "p")
        #expect(Self.next(&writes)?.first?.what == .create)
        writes.succeeded()
        writes.note(.create, "q")
        writes.note(.end, "q", [1])
        #expect(Self.next(&writes) == [Write(what: .createEnded, pid: "q", record: [1])])
        writes.succeeded()
        writes.note(.create, "r")
        writes.note(.delete, "r")
        #expect(writes.isEmpty)
    }

    @Test func `the end takes the place of a change, and is forgotten after it`() {
        var writes = SessionWrites()
        writes.note(.update, "p")
        writes.note(.end, "p", [7])
        #expect(Self.next(&writes) == [Write(what: .end, pid: "p", record: [7])])
        writes.note(.delete, "p")
        #expect(writes.isPending("p"))
        writes.succeeded()
        #expect(Self.next(&writes) == [Write(what: .delete, pid: "p", record: [])])
    }

    @Test func `a batch whose fate is unknown goes again as it was`() {
        var writes = SessionWrites()
        writes.note(.update, "p", [1])
        let first = Self.next(&writes)
        #expect(Self.next(&writes) == nil)
        writes.failed()
        writes.note(.update, "p", [2])
        #expect(Self.next(&writes) == first && writes.batchNumber == 1)
        writes.succeeded()
        #expect(Self.next(&writes)?.first?.record == [2] && writes.batchNumber == 2)
    }

    @Test func `a session that is gone before it was written is not written`() {
        var writes = SessionWrites()
        writes.note(.update, "p")
        #expect(writes.next(limit: 10) { _ in nil } == nil)
        #expect(writes.isEmpty)
    }
}
