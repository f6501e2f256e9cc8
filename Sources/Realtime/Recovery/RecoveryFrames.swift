import EventLoop

/// One broadcast in the forms that sockets with a session get: with its own offset, with the client's where it would be
/// taken for one, or as it is. Each form is encoded once.
@Loop struct RecoveryFrames {
    private let packet: BroadcastPacket
    private let offset: RecoveryOffset?
    private let namespace: Namespace
    private var plain: EncodedFrame?
    /// The last made with an offset: most sockets have come equally far, so that one serves them.
    private var shown: EncodedFrame?

    init(_ packet: BroadcastPacket, at offset: RecoveryOffset?, in namespace: Namespace) {
        self.packet = packet
        self.offset = offset
        self.namespace = namespace
    }

    /// Sends it, or holds it while the session is being recovered. False when the client got nothing, or has it already.
    mutating func deliver(to socket: Socket, _ session: RecoverySession) -> Bool {
        let isVolatile = packet.flags.contains(.volatile)
        guard session.takes(offset, isVolatile: isVolatile) else { return false }
        let compresses = !packet.flags.contains(.uncompressed)
        if session.held != nil {
            // What has no place gets the client's own when it is sent: that moves on before.
            session.held?.append(frame(at: offset), offset?.number, compresses: compresses)
            return false
        }
        let frame = frame(at: offset ?? session.offsetToRepeat(behind: packet.json))
        guard socket.isConnected, let connection = socket.connection else { return false }
        if let offset, offset.epoch == session.epoch { session.delivered = offset.number }
        connection.session.send(frame, volatile: isVolatile, compress: compresses)
        return true
    }

    private mutating func frame(at place: RecoveryOffset?) -> EncodedFrame {
        if let place {
            if let shown, shown.offset == place { return shown }
            let made = namespace.encode(packet, showing: place)
            shown = made
            return made
        }
        let made = plain ?? namespace.encode(packet.event, json: packet.json, attachments: packet.attachments)
        plain = made
        return made
    }
}
