import Crypto
import Domain

/// A refresh token as the client holds it: `<session id>.<secret>`. The database keeps the secret's hash alone.
struct SessionToken {
    let session: UUID16
    let secretHash: [UInt8]

    /// Nil for what no token looks like, so that it costs no query.
    init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let session = UUID16(String(parts[0])),
            let hash = RefreshToken.hash(ofReceived: String(parts[1]))
        else { return nil }
        self.session = session
        secretHash = hash
    }

    static func text(session: UUID16, secret: String) -> String { "\(session).\(secret)" }
}
