import Testing
import Wire

@Suite struct SocketIOAttachmentCollectorTests {
    private let text = Array(#"52-["a",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#.utf8)

    @Test func `a packet is complete with its last attachment`() throws {
        let packet = try SocketIOPacket.decode(text.span)
        var collector = SocketIOAttachmentCollector()
        try collector.hold(packet, text: text)
        let early = try collector.add([1])
        #expect(early == nil)
        let complete = try #require(try collector.add([2]))
        #expect(complete.packet == packet)
        #expect(complete.text == text)
        #expect(complete.attachments == [[1], [2]])
        let isWaiting = collector.isWaiting
        #expect(!isWaiting)
    }

    @Test func `text while attachments are pending, and binary while none are, is refused`() throws {
        var collector = SocketIOAttachmentCollector()
        var stray: WireError?
        do throws(WireError) { _ = try collector.add([1]) } catch { stray = error }
        #expect(stray == .socketIO(.unexpectedAttachment))
        try collector.expectText()
        try collector.hold(try SocketIOPacket.decode(text.span), text: text)
        var early: WireError?
        do throws(WireError) { try collector.expectText() } catch { early = error }
        #expect(early == .socketIO(.textInsteadOfAttachment))
    }

    @Test func `a packet without attachments is never held`() throws {
        let bytes = Array(#"50-["a"]"#.utf8)
        let packet = try SocketIOPacket.decode(bytes.span)
        var collector = SocketIOAttachmentCollector()
        var refusal: WireError?
        do throws(WireError) { try collector.hold(packet, text: bytes) } catch { refusal = error }
        #expect(refusal == .socketIO(.invalidAttachmentCount))
    }
}
