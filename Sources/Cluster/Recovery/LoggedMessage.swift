import Realtime

/// A broadcast on its way into the log.
struct LoggedMessage {
    let packet: BroadcastPacket
    let namespace: Namespace
    let channel: String
    /// As other servers read it, but for its last element: its place, which the log appends.
    let bytes: [UInt8]

    /// About what it holds here, where the packet's own bytes wait beside the encoded ones.
    var size: Int { bytes.count * 2 + channel.utf8.count }

    var stream: Int { Self.stream(of: channel) }

    /// FNV-1a: the same on every node and in every version.
    static func stream(of channel: String) -> Int {
        var hash: UInt32 = 2_166_136_261
        for byte in channel.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return Int(hash % UInt32(RecoverySettings.streams))
    }
}
