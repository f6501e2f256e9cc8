import Store

/// The answer to a creating request, made now or kept from the first time.
public struct Creation: Sendable {
    public let status: Int
    public let json: [UInt8]
    public let location: String?
    /// Of what bears a version.
    public let version: Int?
    /// It was made before, under the same idempotency key.
    public let isReplayed: Bool

    init(_ change: Change, status: Int) {
        self.status = change.status ?? status
        json = change.json
        location = change.detail
        version = change.version
        isReplayed = change.isReplayed
    }

    init(status: Int, json: [UInt8], location: String, version: Int?) {
        self.status = status
        self.json = json
        self.location = location
        self.version = version
        isReplayed = false
    }
}
