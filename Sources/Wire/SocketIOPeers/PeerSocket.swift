/// A socket as servers describe it to one another.
public struct PeerSocket: Equatable, Sendable {
    public var id: String
    /// With the one that bears its id.
    public var rooms: [String]
    /// Raw JSON: `{headers, time, address, xdomain, secure, issued, url, query, auth}`.
    public var handshake: [UInt8]
    /// Raw JSON of what the application keeps with it.
    public var data: [UInt8]

    public init(id: String, rooms: [String], handshake: [UInt8], data: [UInt8]) {
        self.id = id
        self.rooms = rooms
        self.handshake = handshake
        self.data = data
    }
}
