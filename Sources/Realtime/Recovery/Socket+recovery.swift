import EventLoop

extension Socket {
    /// Sends an event in a way that `session`'s client can recover from. False: it may go out as it is.
    func emit(
        _ event: String, _ json: [UInt8], _ attachments: [[UInt8]], volatile: Bool, compress: Bool,
        for session: RecoverySession
    ) -> Bool {
        var flags: BroadcastFlags = volatile ? .volatile : []
        if !compress { flags.insert(.uncompressed) }
        let packet = BroadcastPacket(
            target: BroadcastTarget(rooms: [id]), flags: flags, event: event, json: json, attachments: attachments)
        if !volatile, namespace.server.recovery?.publish(packet, in: namespace) == true { return true }
        guard let offset = session.offsetToRepeat(behind: json), let connection else { return false }
        connection.session.send(namespace.encode(packet, showing: offset), volatile: volatile, compress: compress)
        return true
    }

    /// Sends a shared frame whose last element is a string, with the client's own offset behind that.
    func sendRepeating(
        _ offset: RecoveryOffset, _ frame: EncodedFrame, volatile: Bool, compress: Bool,
        over connection: SocketConnection
    ) {
        let text = frame.webSocketBytes[frame.textPacket]
        let tail = Array(",\"\(offset.text)\"]".utf8)
        connection.session.send(
            length: text.count - 1 + tail.count, attachments: frame.attachments, volatile: volatile,
            compress: compress
        ) { output in
            text.dropLast().withUnsafeBytes { output.append(contentsOf: $0) }
            output.append(contentsOf: tail)
        }
    }

    /// Nobody may take this socket's session up again. In a middleware, for one that was taken up by somebody who may not: the
    /// client gets a fresh session when it connects next.
    public func endRecovery() {
        recovery?.isLost = true
    }

    /// Ends the connection under the socket in a way after which clients come back by themselves.
    public func closeConnection() {
        connection?.session.close(.forcedClose)
    }
}
