import Wire

/// Operations of `Wire` alone.
enum Codecs {
    static var all: [(name: String, run: () -> Void)] {
        [
            ("http.request.parse", requestParse()), ("websocket.frame.decode", frameDecode()),
            ("socketio.packet.decode", packetDecode()), ("socketio.event.encode", eventEncode()),
            ("json.scan.members", memberScan()),
        ]
    }

    private static func check(_ isRight: Bool) {
        precondition(isRight, "an operation under measurement failed")
    }

    private static func requestParse() -> () -> Void {
        let input = Array(
            ("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nUser-Agent: bench\r\nAccept: */*\r\n"
                + "X-Correlation-ID: 0123456789\r\n\r\n").utf8)
        let parser = ParserBox()
        return { check(parser.parse(input)) }
    }

    /// Holds a parser from request to request, as a connection does.
    private final class ParserBox {
        private var parser = HTTPRequestParser()

        func parse(_ input: [UInt8]) -> Bool {
            var offset = 0
            while true {
                guard let event = try? parser.next(input.span, &offset) else { return false }
                if case .end = event { return true }
                if case .needsMore = event { return false }
            }
        }
    }

    private static func frameDecode() -> () -> Void {
        var input: [UInt8] = []
        WebSocketEncoder.appendMaskedFrame(
            .text, Array("42[\"location_update\",{\"lat\":48.8566,\"lng\":2.3522}]".utf8), mask: 0x1234_5678, to: &input
        )
        let decoder = DecoderBox()
        return { [input] in check(decoder.decode(input)) }
    }

    private final class DecoderBox {
        private var decoder = WebSocketDecoder(role: .server, maximumMessage: 1 << 20)
        private var payload: [UInt8] = []

        func decode(_ input: [UInt8]) -> Bool {
            var offset = 0
            return (try? decoder.next(input.span, &offset, into: &payload)) == .text(isCompressed: false)
        }
    }

    private static func packetDecode() -> () -> Void {
        let packet = Array("427[\"location_update\",{\"lat\":48.8566,\"lng\":2.3522,\"heading\":90}]".utf8)
        return { check((try? SocketIOPacket.decode(packet.span, from: 1))?.acknowledgementID == 7) }
    }

    private static func eventEncode() -> () -> Void {
        let arguments = Array("{\"orderId\":\"0193\",\"seq\":3,\"status\":\"ACCEPTED\"}".utf8)
        var bytes: [UInt8] = []
        return {
            bytes.removeAll(keepingCapacity: true)
            SocketIOEncoder.appendEvent("order_status_update", arguments: arguments, to: &bytes)
            check(bytes.count > arguments.count)
        }
    }

    private static func memberScan() -> () -> Void {
        let object = Array("{\"lat\":48.8566,\"lng\":2.3522,\"heading\":90.5,\"speed\":5,\"accuracy\":4.2}".utf8)
        return {
            let span = object.span
            guard let range = try? JSONScanner.member("speed", in: span, 0..<object.count),
                let speed = try? JSONScanner.double(span, range)
            else { return check(false) }
            check(speed == 5)
        }
    }
}
