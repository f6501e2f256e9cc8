/// Appends Socket.IO 5 packets as the text of an Engine.IO message, its type digit `4` included: what a WebSocket text
/// frame or one packet of a polling payload holds.
///
/// A namespace is `/` or a name with its leading slash. Raw JSON arguments are comma separated, without brackets, may be
/// empty, and are spliced unchecked.
public enum SocketIOEncoder {
    /// An event: `42/nsp,7["name",arguments]`. With `attachments` it is a binary event, whose placeholders are in the
    /// arguments already and whose attachments are to follow at once.
    public static func appendEvent(
        _ name: String, arguments: [UInt8] = [], namespace: String = "/", acknowledgementID: Int? = nil,
        attachments: Int = 0, to bytes: inout [UInt8]
    ) {
        appendHeader(
            attachments > 0 ? .binaryEvent : .event, attachments: attachments, namespace: namespace,
            acknowledgementID: acknowledgementID, to: &bytes)
        bytes.append(0x5B)
        JSONWriter.appendString(name, to: &bytes)
        if !arguments.isEmpty {
            bytes.append(0x2C)
            bytes.append(contentsOf: arguments)
        }
        bytes.append(0x5D)
    }

    /// The answer to an event that asked for one: `43/nsp,7[arguments]`.
    public static func appendAcknowledgement(
        _ acknowledgementID: Int, arguments: [UInt8] = [], namespace: String = "/", attachments: Int = 0,
        to bytes: inout [UInt8]
    ) {
        appendHeader(
            attachments > 0 ? .binaryAcknowledgement : .acknowledgement, attachments: attachments, namespace: namespace,
            acknowledgementID: acknowledgementID, to: &bytes)
        bytes.append(0x5B)
        bytes.append(contentsOf: arguments)
        bytes.append(0x5D)
    }

    /// A server's answer to CONNECT: `40/nsp,{"sid":"…"}`, with `pid` only where recovery is on.
    public static func appendConnected(
        sessionID: String, recoveryID: String? = nil, namespace: String = "/", to bytes: inout [UInt8]
    ) {
        appendHeader(.connect, namespace: namespace, to: &bytes)
        JSONWriter.append(to: &bytes) { writer in
            writer.object {
                $0.field("sid", sessionID)
                if let recoveryID { $0.field("pid", recoveryID) }
            }
        }
    }

    /// A client's CONNECT; `auth` is a raw JSON object, or empty for none.
    public static func appendConnect(auth: [UInt8] = [], namespace: String = "/", to bytes: inout [UInt8]) {
        appendHeader(.connect, namespace: namespace, to: &bytes)
        bytes.append(contentsOf: auth)
    }

    /// A refused CONNECT: `44/nsp,{"message":"…","data":…}`; `data` is one raw JSON value, or empty for none.
    public static func appendConnectError(
        message: String, data: [UInt8] = [], namespace: String = "/", to bytes: inout [UInt8]
    ) {
        appendHeader(.connectError, namespace: namespace, to: &bytes)
        JSONWriter.append(to: &bytes) { writer in
            writer.object {
                $0.field("message", message)
                if !data.isEmpty { $0.field("data", raw: data) }
            }
        }
    }

    /// Leaving one namespace, the connection staying: `41/nsp,`.
    public static func appendDisconnect(namespace: String = "/", to bytes: inout [UInt8]) {
        appendHeader(.disconnect, namespace: namespace, to: &bytes)
    }

    private static func appendHeader(
        _ type: SocketIOPacketType, attachments: Int = 0, namespace: String, acknowledgementID: Int? = nil,
        to bytes: inout [UInt8]
    ) {
        bytes.append(0x34)
        bytes.append(0x30 &+ type.rawValue)
        if type.isBinary {
            bytes.append(decimal: attachments)
            bytes.append(0x2D)
        }
        if namespace != "/" {
            bytes.append(contentsOf: namespace.utf8)
            bytes.append(0x2C)
        }
        if let acknowledgementID { bytes.append(decimal: acknowledgementID) }
    }
}
