/// permessage-deflate as both ends will use it (RFC 7692 section 7).
public struct WebSocketDeflateAgreement: Hashable, Sendable {
    /// The server forgets its window after each message.
    public let serverForgets: Bool
    /// The client forgets its window after each message.
    public let clientForgets: Bool
    /// The window that the server compresses with, 9 to 15.
    public let serverWindowBits: Int
    /// The window that the client compresses with, 8 to 15.
    public let clientWindowBits: Int
    /// Whether the response names `client_max_window_bits`, which it may where the client did.
    let namesClientWindow: Bool

    /// The value of `Sec-WebSocket-Extensions` in the response.
    public var field: String {
        var text = "permessage-deflate"
        if serverForgets { text += "; server_no_context_takeover" }
        if clientForgets { text += "; client_no_context_takeover" }
        if serverWindowBits < Self.largestWindowBits { text += "; server_max_window_bits=\(serverWindowBits)" }
        if namesClientWindow { text += "; client_max_window_bits=\(clientWindowBits)" }
        return text
    }

    static let largestWindowBits = 15

    /// The answer to the first offer in `fields` (the values of `Sec-WebSocket-Extensions`) that can be accepted; nil when
    /// there is none, which leaves the connection uncompressed.
    public static func accept(_ fields: [String], limits: WebSocketDeflateLimits) -> WebSocketDeflateAgreement? {
        for field in fields {
            guard let extensions = WebSocketExtension.parse(Array(field.utf8).span) else { return nil }
            for offer in extensions where offer.name == "permessage-deflate" {
                if let agreement = accept(offer, limits) { return agreement }
            }
        }
        return nil
    }

    /// Section 7.1: unknown, repeated or senseless parameters decline the offer.
    private static func accept(
        _ offer: WebSocketExtension, _ limits: WebSocketDeflateLimits
    ) -> WebSocketDeflateAgreement? {
        var serverForgets = !limits.keepsContext
        var clientForgets = !limits.keepsContext
        var serverBits = min(limits.windowBits, largestWindowBits)
        var clientBits: Int?
        var seen: [String] = []
        for parameter in offer.parameters {
            guard !seen.contains(parameter.name) else { return nil }
            seen.append(parameter.name)
            switch (parameter.name, parameter.value) {
            case ("server_no_context_takeover", nil): serverForgets = true
            case ("client_no_context_takeover", nil): clientForgets = true
            case ("server_max_window_bits", let value?):
                guard let bits = windowBits(value) else { return nil }
                serverBits = min(serverBits, bits)
            case ("client_max_window_bits", nil): clientBits = largestWindowBits
            case ("client_max_window_bits", let value?):
                guard let bits = windowBits(value) else { return nil }
                clientBits = bits
            default: return nil
            }
        }
        // zlib makes no raw stream with a window of 256 bytes.
        guard serverBits >= smallestServerWindowBits else { return nil }
        let chosen = min(clientBits ?? largestWindowBits, limits.windowBits)
        return WebSocketDeflateAgreement(
            serverForgets: serverForgets, clientForgets: clientForgets, serverWindowBits: serverBits,
            clientWindowBits: clientBits == nil ? largestWindowBits : chosen,
            namesClientWindow: clientBits != nil && chosen < largestWindowBits)
    }

    private static let smallestServerWindowBits = 9

    /// Section 7.1.2: 8 to 15, without leading zeros.
    private static func windowBits(_ text: String) -> Int? {
        let digits = Array(text.utf8)
        switch digits.count {
        case 1 where digits[0] == 0x38 || digits[0] == 0x39: return Int(digits[0]) &- 0x30
        case 2 where digits[0] == 0x31 && (0x30...0x35).contains(digits[1]): return 10 &+ Int(digits[1]) &- 0x30
        default: return nil
        }
    }
}
