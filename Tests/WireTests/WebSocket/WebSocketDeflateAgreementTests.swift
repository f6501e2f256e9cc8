import Testing
import Wire

@Suite struct WebSocketDeflateAgreementTests {
    private static let keeps = WebSocketDeflateLimits(keepsContext: true)

    @Test(arguments: [
        ("permessage-deflate", "permessage-deflate"),
        ("permessage-deflate; client_max_window_bits", "permessage-deflate"),
        ("permessage-deflate; server_no_context_takeover", "permessage-deflate; server_no_context_takeover"),
        ("permessage-deflate; client_no_context_takeover", "permessage-deflate; client_no_context_takeover"),
        (
            "permessage-deflate; client_max_window_bits; server_max_window_bits=10",
            "permessage-deflate; server_max_window_bits=10"
        ),
        (
            "permessage-deflate; server_max_window_bits=\"11\"; client_max_window_bits=10",
            "permessage-deflate; server_max_window_bits=11; client_max_window_bits=10"
        ),
        ("other, permessage-deflate;client_max_window_bits = 15", "permessage-deflate"),
    ])
    func `an offer is accepted with what it asks for`(offer: String, answer: String) {
        #expect(WebSocketDeflateAgreement.accept([offer], limits: Self.keeps)?.field == answer)
    }

    @Test func `a server that keeps no window says so for both ends, also to who did not ask`() {
        let answer = WebSocketDeflateAgreement.accept(["permessage-deflate"], limits: WebSocketDeflateLimits())
        #expect(answer?.field == "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
    }

    @Test func `a server's own limit is put on its window, and on the client's where the client lets it`() {
        let limits = WebSocketDeflateLimits(windowBits: 12, keepsContext: true)
        let both = WebSocketDeflateAgreement.accept(["permessage-deflate; client_max_window_bits"], limits: limits)
        #expect(both?.field == "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12")
        #expect(both?.clientWindowBits == 12)
        let own = WebSocketDeflateAgreement.accept(["permessage-deflate"], limits: limits)
        #expect(own?.field == "permessage-deflate; server_max_window_bits=12")
        #expect(own?.clientWindowBits == 15)
    }

    @Test(arguments: [
        "permessage-deflate; unknown", "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=010",
        "permessage-deflate; server_max_window_bits=8", "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover", "x-webkit-deflate-frame", "",
        "permessage-deflate; ", "permessage-deflate; a=\"", "permessage-deflate, ;",
    ])
    func `a senseless offer leaves the connection uncompressed`(offer: String) {
        #expect(WebSocketDeflateAgreement.accept([offer], limits: Self.keeps) == nil)
    }

    @Test func `the first offer that can be accepted is, over all fields`() {
        let offers = [
            "permessage-deflate; server_max_window_bits=8",
            "permessage-deflate; nonsense, permessage-deflate; server_max_window_bits=9, permessage-deflate",
        ]
        let agreement = WebSocketDeflateAgreement.accept(offers, limits: Self.keeps)
        #expect(agreement?.field == "permessage-deflate; server_max_window_bits=9")
    }

    @Test func `more parameters than any client sends are refused`() {
        let many = "permessage-deflate" + String(repeating: "; a", count: 40)
        #expect(WebSocketDeflateAgreement.accept([many, "permessage-deflate"], limits: Self.keeps) == nil)
    }
}
