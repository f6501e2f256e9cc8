/// One element of `Sec-WebSocket-Extensions` (RFC 6455 section 9.1).
struct WebSocketExtension: Equatable {
    struct Parameter: Equatable {
        var name: String
        /// Without its quotes, where it had any; nil when the parameter has none.
        var value: String?
    }

    var name: String
    var parameters: [Parameter] = []

    /// More elements or parameters than any client sends; a field with more is refused whole.
    private static let maximumParts = 32

    /// The elements of one field; nil when it breaks the grammar.
    static func parse(_ bytes: Span<UInt8>) -> [WebSocketExtension]? {
        var extensions: [WebSocketExtension] = []
        var index = 0
        var parts = 0
        repeat {
            guard let name = token(bytes, &index) else { return nil }
            var element = WebSocketExtension(name: name)
            while take(0x3B, bytes, &index) {
                parts &+= 1
                guard parts <= maximumParts, let name = token(bytes, &index) else { return nil }
                var parameter = Parameter(name: name)
                if take(0x3D, bytes, &index) {
                    guard let value = token(bytes, &index) ?? quoted(bytes, &index) else { return nil }
                    parameter.value = value
                }
                element.parameters.append(parameter)
            }
            parts &+= 1
            guard parts <= maximumParts else { return nil }
            extensions.append(element)
        } while take(0x2C, bytes, &index)
        return index == bytes.count ? extensions : nil
    }

    private static func skipBlanks(_ bytes: Span<UInt8>, _ index: inout Int) {
        while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index &+= 1 }
    }

    /// Takes `byte` with the blanks around it.
    private static func take(_ byte: UInt8, _ bytes: Span<UInt8>, _ index: inout Int) -> Bool {
        skipBlanks(bytes, &index)
        guard index < bytes.count, bytes[index] == byte else { return false }
        index &+= 1
        skipBlanks(bytes, &index)
        return true
    }

    private static func token(_ bytes: Span<UInt8>, _ index: inout Int) -> String? {
        let start = index
        while index < bytes.count, HTTPSyntax.isToken(bytes[index]) { index &+= 1 }
        guard index > start else { return nil }
        return HTTPSyntax.string(bytes, start..<index)
    }

    /// Section 9.1: what a quoted value says must be a token as well.
    private static func quoted(_ bytes: Span<UInt8>, _ index: inout Int) -> String? {
        guard index < bytes.count, bytes[index] == 0x22 else { return nil }
        index &+= 1
        guard let value = token(bytes, &index), index < bytes.count, bytes[index] == 0x22 else { return nil }
        index &+= 1
        return value
    }
}
