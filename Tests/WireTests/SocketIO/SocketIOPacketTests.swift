import Testing
import Wire

/// Texts of Socket.IO packets, the Engine.IO digit taken off, to their parts.
@Suite struct SocketIOPacketTests {
    private func decode(_ text: String) throws(WireError) -> (packet: SocketIOPacket, bytes: [UInt8]) {
        let bytes = Array(text.utf8)
        return (try SocketIOPacket.decode(bytes.span), bytes)
    }

    private func fault(_ text: String) -> SocketIOFault? {
        do throws(WireError) {
            _ = try decode(text)
            return nil
        } catch {
            guard case .socketIO(let fault) = error else { return nil }
            return fault
        }
    }

    @Test(arguments: [
        ("0", "/"), ("0{}", "/"), (#"0{"token":"x"}"#, "/"), ("0/,", "/"), (#"0/,{"token":"x"}"#, "/"), ("0/", "/"),
        ("0/admin", "/admin"), ("0/admin,", "/admin"), (#"0/admin,{"a":[1]}"#, "/admin"), ("0/ä,", "/ä"),
    ])
    func `a CONNECT names its namespace in every way clients write it`(text: String, namespace: String) throws {
        let (packet, bytes) = try decode(text)
        #expect(packet.type == .connect)
        #expect(packet.namespaceName(in: bytes) == namespace)
    }

    @Test func `a DISCONNECT of the main namespace may be written out`() throws {
        for text in ["1", "1/,", "1/admin", "1/admin,"] {
            #expect(try decode(text).packet.type == .disconnect)
        }
        #expect(try decode("1/,").packet.namespace == nil)
    }

    @Test func `an event yields its name, its id and its raw arguments`() throws {
        let (packet, bytes) = try decode(#"2/orders,17[ "order:status" , {"id":1} ,[2], "x" ]"#)
        #expect(packet.type == .event)
        #expect(packet.namespaceName(in: bytes) == "/orders")
        #expect(packet.acknowledgementID == 17)
        #expect(packet.isEvent("order:status", in: bytes))
        #expect(!packet.isEvent("order:statu", in: bytes))
        #expect(packet.eventNameText(in: bytes) == "order:status")
        #expect(String(decoding: bytes[packet.arguments], as: UTF8.self) == #"{"id":1} ,[2], "x" "#)
        let first = try #require(try packet.firstArgument(in: bytes))
        #expect(String(decoding: bytes[first], as: UTF8.self) == #"{"id":1}"#)
        let all = try packet.argumentRanges(in: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
        #expect(all == [#"{"id":1}"#, "[2]", #""x""#])
    }

    /// An event written without blanks is read in one pass, with them in two.
    @Test(arguments: [
        "1", #""x""#, #"{"a":[1,2,{"b":null}]}"#, "[[[]]]", #"1,"two",{"three":3}"#, "1 , 2", " 1", #""\u00e9\n""#,
        "-0.5e3",
        "true,false,null", "", ",", "1,", "[1", "{", #"{"a"}"#, "nul", "01", "1]", #"""#, "\u{1}", "\"\u{1}\"",
        #""é😀""#, "1}",
        String(repeating: "[", count: 600) + String(repeating: "]", count: 600),
    ])
    func `blanks before an event's name change nothing`(arguments: String) {
        func outcome(_ blank: String) -> String {
            do throws(WireError) {
                let (packet, bytes) = try decode("27[\(blank)\"name\",\(arguments)]")
                let text = String(decoding: bytes[packet.arguments], as: UTF8.self)
                return "\(packet.acknowledgementID ?? 0) \(packet.isEvent("name", in: bytes)) \(text)"
            } catch {
                return "\(error)".filter { !$0.isNumber }
            }
        }
        #expect(outcome("") == outcome(" "))
    }

    @Test(arguments: [
        #"2["name",1]"#, #"27["name"]"#, #"2123456789012345["name","x",{"a":[1]} ]"#, #"20["a b" ,1]"#,
        #"2["é", "é😀"]"#,
        #"2["name",]"#, #"2["name",1"#, #"2["name",1]]"#, #"21234567890123456["name"]"#, #"2["connect",1]"#,
        #"2["na\u006de",1]"#,
        #"2[ "name",1]"#, #"2/a,["name",1]"#, #"3["name",1]"#, "2", "2[", #"2[""#, "2[5,1]", "", "23",
        #"2["name","\u{1}"]"#,
        "2[\"name\"," + String(repeating: "[", count: 600) + String(repeating: "]", count: 600) + "]",
    ])
    func `an event that is found the quick way is the packet that it is`(text: String) throws {
        let bytes = Array(text.utf8)
        guard let event = SocketIOPlainEvent.find(in: bytes.span, depth: SocketIOLimits().depth) else { return }
        let packet = try SocketIOPacket.decode(bytes.span)
        #expect(packet.type == .event && packet.namespace == nil)
        #expect(event.acknowledgementID == packet.acknowledgementID)
        #expect(event.name.lowerBound - 1..<event.name.upperBound + 1 == packet.eventName)
        #expect(event.arguments == packet.arguments)
    }

    @Test(arguments: [#"2["name",1]"#, #"27["name"]"#, #"2123456789012345["é", "x" ,{"a":[1]} ]"#])
    func `an event as nearly all are is found the quick way`(text: String) {
        #expect(SocketIOPlainEvent.find(in: Array(text.utf8).span, depth: 5) != nil)
    }

    @Test func `an event without arguments has none`() throws {
        let (packet, bytes) = try decode(#"2["hello"]"#)
        #expect(packet.arguments.isEmpty)
        #expect(try packet.firstArgument(in: bytes) == nil)
        #expect(try packet.argumentRanges(in: bytes).isEmpty)
        #expect(packet.acknowledgementID == nil)
    }

    @Test func `an event's name may be a number or be written with escapes`() throws {
        let number = try decode("2[5,1]")
        #expect(number.packet.eventNameText(in: number.bytes) == "5")
        #expect(!number.packet.isEvent("5", in: number.bytes))
        let escaped = try decode(#"2["\u0061b"]"#)
        #expect(escaped.packet.isEvent("ab", in: escaped.bytes))
        #expect(escaped.packet.eventNameText(in: escaped.bytes) == "ab")
    }

    @Test func `an acknowledgement yields its id and arguments`() throws {
        let (packet, bytes) = try decode(#"3/a,0[1,"b"]"#)
        #expect(packet.type == .acknowledgement)
        #expect(packet.acknowledgementID == 0)
        #expect(packet.eventName == nil)
        #expect(String(decoding: bytes[packet.arguments], as: UTF8.self) == #"1,"b""#)
        let empty = try decode("312[]")
        #expect(empty.packet.acknowledgementID == 12)
        #expect(empty.packet.arguments.isEmpty)
    }

    @Test func `the packet begins where the caller says`() throws {
        let bytes = Array(#"42["x",1]"#.utf8)
        let packet = try SocketIOPacket.decode(bytes.span, from: 1)
        #expect(packet.isEvent("x", in: bytes))
        #expect(String(decoding: bytes[packet.arguments], as: UTF8.self) == "1")
    }

    @Test func `a binary event tells where its attachments belong`() throws {
        let text =
            #"52-/a,3["up",{"_placeholder":true,"num":0},{"deep":[{"num":1,"_placeholder":true}],"no":{"_placeholder":false}}]"#
        let (packet, bytes) = try decode(text)
        #expect(packet.attachmentCount == 2)
        #expect(packet.acknowledgementID == 3)
        let placeholders = try packet.placeholders(in: bytes)
        #expect(placeholders.map(\.attachment) == [0, 1])
        #expect(String(decoding: bytes[placeholders[1].range], as: UTF8.self) == #"{"num":1,"_placeholder":true}"#)
        #expect(try decode(#"50-["x"]"#).packet.attachmentCount == 0)
        #expect(try decode(#"61-4[{"_placeholder":true,"num":0}]"#).packet.type == .binaryAcknowledgement)
    }

    @Test(arguments: [
        ("", SocketIOFault.unknownType), ("7", .unknownType), ("x", .unknownType), (" ", .unknownType),
        ("0[]", .unexpectedPayload), (#"0"x""#, .unexpectedPayload), ("0null", .unexpectedPayload),
        ("012", .invalidAcknowledgementID), ("1{}", .unexpectedPayload), ("15", .invalidAcknowledgementID),
        ("2", .unexpectedPayload), ("2{}", .unexpectedPayload), ("2[]", .unexpectedPayload),
        ("2[null]", .unexpectedPayload), ("2[{}]", .unexpectedPayload), ("2[[\"a\"]]", .unexpectedPayload),
        (#"2["connect"]"#, .reservedEvent), (#"2["connect_error",1]"#, .reservedEvent),
        (#"2["disconnect"]"#, .reservedEvent), (#"2["disconnecting"]"#, .reservedEvent),
        (#"2["newListener"]"#, .reservedEvent), (#"2["removeListener"]"#, .reservedEvent),
        (#"2["\u0063onnect"]"#, .reservedEvent), ("3[]", .invalidAcknowledgementID), ("31{}", .unexpectedPayload),
        ("31", .unexpectedPayload), ("4", .unexpectedPayload), ("4[]", .unexpectedPayload),
        ("5[\"a\"]", .invalidAttachmentCount), ("5-[\"a\"]", .invalidAttachmentCount),
        ("51[\"a\"]", .invalidAttachmentCount),
        ("5", .invalidAttachmentCount), ("511-[\"a\"]", .tooManyAttachments),
        ("59999999999999999-[\"a\"]", .invalidAttachmentCount),
        (#"51-["a",{"_placeholder":true,"num":1}]"#, .invalidPlaceholder),
        (#"51-["a",{"_placeholder":true,"num":-1}]"#, .invalidPlaceholder),
        (#"51-["a",{"_placeholder":true}]"#, .invalidPlaceholder),
        (#"51-["a",{"_placeholder":true,"num":0.5}]"#, .invalidPlaceholder),
        (#"51-["a",{"_placeholder":true,"num":0,"num":0}]"#, .invalidPlaceholder),
        ("29999999999999999[\"a\"]", .invalidAcknowledgementID), ("0/a b,", .invalidNamespace),
        ("0/a\u{1},", .invalidNamespace),
    ])
    func `what breaks the grammar or the type's shape is refused`(text: String, expected: SocketIOFault) {
        #expect(fault(text) == expected)
    }

    @Test(arguments: [
        "2[\"a\"", "2[\"a\"]x", "2[\"a\",]", "2nope", "2[\"a\",01]", "0{\"a\"}", "2[\"\u{1}\"]", "2-1[\"a\"]",
    ])
    func `a payload that is not JSON is refused`(text: String) {
        guard case .invalidPayload = fault(text) else {
            Issue.record("\(String(describing: fault(text)))")
            return
        }
    }

    @Test func `limits bound the namespace, the nesting and the attachments`() {
        #expect(fault("0/" + String(repeating: "a", count: 255)) == nil)
        #expect(fault("0/" + String(repeating: "a", count: 256)) == .invalidNamespace)
        let deep = "2[\"a\"," + String(repeating: "[", count: 64) + String(repeating: "]", count: 64) + "]"
        guard case .invalidPayload(let json) = fault(deep) else {
            Issue.record("accepted")
            return
        }
        #expect(json.reason == .tooDeep)
        #expect(fault("510-[\"a\"]") == nil)
    }
}
