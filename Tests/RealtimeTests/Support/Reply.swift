import Testing
import Wire

@testable import Realtime

/// One answer that a `RawClient` got.
struct Reply: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: String

    subscript(name: String) -> String? { headers[name] }
}

extension RawClient {
    /// Takes the next whole answer; nil when the peer closed before one was whole.
    func reply(
        toHead: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Reply? {
        func parse() throws -> (Reply, Int)? {
            var parser = HTTPResponseParser()
            parser.requestMethod = toHead ? .head : .get
            var offset = 0
            var head: HTTPResponseHead?
            var body: [UInt8] = []
            let bytes = received
            while true {
                switch try parser.next(bytes.span, &offset) {
                case .needsMore: return nil
                case .interim: continue
                case .head(let found): head = found
                case .body(let range): body.append(contentsOf: bytes[range])
                case .end:
                    guard let head else { return nil }
                    let reply = Reply(
                        status: head.status, headers: head.headers, body: String(decoding: body, as: UTF8.self))
                    return (reply, offset)
                }
            }
        }
        await wait(for: "a whole answer", sourceLocation: sourceLocation) { (try? parse()) != nil }
        guard let (reply, used) = try parse() else { return nil }
        drop(used)
        return reply
    }
}
