import Testing
import Wire

@Suite struct SocketIOEncoderTests {
    private func text(_ body: (inout [UInt8]) -> Void) -> String {
        var bytes: [UInt8] = []
        body(&bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `events carry their arguments as they are`() {
        #expect(text { SocketIOEncoder.appendEvent("hello", to: &$0) } == #"42["hello"]"#)
        #expect(
            text {
                SocketIOEncoder.appendEvent(
                    "a\"b", arguments: Array(#"{"x":1},2"#.utf8), namespace: "/orders", acknowledgementID: 12, to: &$0)
            } == #"42/orders,12["a\"b",{"x":1},2]"#)
        #expect(
            text {
                SocketIOEncoder.appendEvent(
                    "up", arguments: Array(#"{"_placeholder":true,"num":0}"#.utf8), attachments: 1, to: &$0)
            } == #"451-["up",{"_placeholder":true,"num":0}]"#)
    }

    @Test func `acknowledgements carry the id they answer`() {
        #expect(text { SocketIOEncoder.appendAcknowledgement(0, to: &$0) } == "430[]")
        #expect(
            text { SocketIOEncoder.appendAcknowledgement(7, arguments: Array("1,null".utf8), namespace: "/a", to: &$0) }
                == "43/a,7[1,null]")
        #expect(text { SocketIOEncoder.appendAcknowledgement(7, attachments: 2, to: &$0) } == "462-7[]")
    }

    @Test func `connecting and leaving name their namespace where it is not the main one`() {
        #expect(text { SocketIOEncoder.appendConnected(sessionID: "s", to: &$0) } == #"40{"sid":"s"}"#)
        #expect(
            text { SocketIOEncoder.appendConnected(sessionID: "s", recoveryID: "p", namespace: "/a", to: &$0) }
                == #"40/a,{"sid":"s","pid":"p"}"#)
        #expect(text { SocketIOEncoder.appendConnect(namespace: "/a", to: &$0) } == "40/a,")
        #expect(text { SocketIOEncoder.appendConnect(auth: Array("{}".utf8), to: &$0) } == "40{}")
        #expect(text { SocketIOEncoder.appendDisconnect(to: &$0) } == "41")
        #expect(text { SocketIOEncoder.appendDisconnect(namespace: "/a", to: &$0) } == "41/a,")
        #expect(
            text {
                SocketIOEncoder.appendConnectError(
                    message: "no way", data: Array(#"{"code":7}"#.utf8), namespace: "/mw", to: &$0)
            } == #"44/mw,{"message":"no way","data":{"code":7}}"#)
        #expect(
            text { SocketIOEncoder.appendConnectError(message: "Invalid namespace", namespace: "/x", to: &$0) }
                == #"44/x,{"message":"Invalid namespace"}"#)
    }

    @Test func `what is encoded is decoded again`() throws {
        var bytes: [UInt8] = []
        SocketIOEncoder.appendEvent(
            "x", arguments: Array(#"{"a":[1]}"#.utf8), namespace: "/n", acknowledgementID: 3, to: &bytes)
        let packet = try SocketIOPacket.decode(bytes.span, from: 1)
        #expect(packet.isEvent("x", in: bytes))
        #expect(packet.namespaceName(in: bytes) == "/n")
        #expect(packet.acknowledgementID == 3)
        #expect(Array(bytes[packet.arguments]) == Array(#"{"a":[1]}"#.utf8))
    }
}
