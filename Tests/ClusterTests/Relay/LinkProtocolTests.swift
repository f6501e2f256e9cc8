import Realtime
import Testing
import Wire

@testable import Cluster

struct LinkProtocolTests {
    private let key = Array("a key".utf8)
    private let one = LinkAddress(owner: SessionOwner(name: "one", epoch: 1), host: "127.0.0.1", port: 4001)
    private let two = LinkAddress(owner: SessionOwner(name: "two", epoch: 2), host: "node-2", port: 4002)

    private func decode(_ bytes: [UInt8], by step: Int) throws -> [LinkFrame] {
        var decoder = LinkFrameDecoder()
        var frames: [LinkFrame] = []
        for start in stride(from: 0, to: bytes.count, by: step) {
            try bytes[start..<min(start + step, bytes.count)].withUnsafeBytes { part in
                var offset = 0
                while let frame = try decoder.next(part, &offset) { frames.append(frame) }
            }
        }
        return frames
    }

    @Test(arguments: [1, 7, 4096, 1 << 20]) func `frames come out as they went in, however they are cut`(step: Int)
        throws
    {
        let body = (0..<150_000).map { UInt8(truncatingIfNeeded: $0) }
        var bytes: [UInt8] = []
        LinkFrame.append(.ping, to: &bytes)
        LinkFrame.append(.request, 7, [1, 2, 3], to: &bytes)
        LinkFrame.appendBody(body, 7, to: &bytes)
        let frames = try decode(bytes, by: step)
        #expect(frames.map(\.kind) == [.ping, .request, .body, .body, .body, .bodyEnd])
        #expect(frames[1] == LinkFrame(kind: .request, request: 7, payload: [1, 2, 3]))
        #expect(frames[2...4].flatMap(\.payload) == body)
    }

    @Test(
        arguments: [
            [0, 0, 0, 4, 5, 0, 0, 0, 0], [0, 0, 0, 5, 99, 0, 0, 0, 0], [0xff, 0, 0, 0, 5, 0, 0, 0, 0],
            [0, 1, 0, 6, 5, 0, 0, 0, 0],
        ] as [[UInt8]])
    func `what is no frame is refused`(bytes: [UInt8]) {
        #expect(throws: LinkFault.malformed) { try decode(bytes, by: 100) }
    }

    private func greet(caller secret: [UInt8], callee other: [UInt8], expecting: SessionOwner) throws -> LinkAddress {
        let caller = LinkCaller(key: secret, purpose: .upgrade, own: one, callee: expecting)
        var callee = LinkCallee(key: other, own: two)
        let challenge = try callee.challenge(LinkFrame(kind: .hello, payload: caller.hello))
        let proof = try caller.answer(LinkFrame(kind: .challenge, payload: challenge))
        let (address, purpose) = try callee.accept(LinkFrame(kind: .proof, payload: proof))
        #expect(purpose == .upgrade)
        return address
    }

    @Test func `two that share the secret know each other`() throws {
        #expect(try greet(caller: key, callee: key, expecting: two.owner) == one)
    }

    @Test func `one without the secret learns nothing, and another process is not taken for the one called`() {
        #expect(throws: LinkFault.unproven) { try greet(caller: key, callee: [1], expecting: two.owner) }
        #expect(throws: LinkFault.stranger) {
            try greet(caller: key, callee: key, expecting: SessionOwner(name: "two", epoch: 3))
        }
    }

    @Test func `who is called proves itself first, before it is told a proof`() throws {
        let caller = LinkCaller(key: key, purpose: .requests, own: one, callee: two.owner)
        var impostor = LinkCallee(key: [1], own: two)
        let challenge = try impostor.challenge(LinkFrame(kind: .hello, payload: caller.hello))
        var refusal: LinkFault?
        do throws(LinkFault) {
            _ = try caller.answer(LinkFrame(kind: .challenge, payload: challenge))
        } catch {
            refusal = error
        }
        #expect(refusal == .unproven)
    }

    @Test func `a proof holds for one greeting`() throws {
        let caller = LinkCaller(key: key, purpose: .requests, own: one, callee: two.owner)
        var first = LinkCallee(key: key, own: two)
        var second = LinkCallee(key: key, own: two)
        let hello = LinkFrame(kind: .hello, payload: caller.hello)
        let proof = try caller.answer(LinkFrame(kind: .challenge, payload: first.challenge(hello)))
        _ = try second.challenge(hello)
        var refusal: LinkFault?
        do throws(LinkFault) {
            _ = try second.accept(LinkFrame(kind: .proof, payload: proof))
        } catch {
            refusal = error
        }
        #expect(refusal == .unproven)
    }

    @Test func `heads arrive whole, and cut ones are refused`() throws {
        let request = Request(
            method: .post, target: "/socket.io/?EIO=4&sid=x", headers: ["Origin": "http://a", "Accept": "é"],
            remoteAddress: "10.1.2.3", isSecure: true, correlationID: "c1")
        let bytes = RelayedHead.encode(request)
        let read = try RelayedHead.request(bytes)
        #expect(read.method == .post && read.target == request.target && read.headers == request.headers)
        #expect(read.remoteAddress == "10.1.2.3" && read.isSecure && read.correlationID == "c1")
        for count in 0..<bytes.count {
            #expect(throws: LinkFault.malformed) { try RelayedHead.request(Array(bytes.prefix(count))) }
        }
    }
}
