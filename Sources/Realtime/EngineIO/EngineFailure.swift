import Wire

/// The refusals of Engine.IO 4, with their exact texts.
enum EngineFailure: Int {
    case unknownTransport = 0
    case unknownSession = 1
    case badHandshakeMethod = 2
    case badRequest = 3
    case forbidden = 4
    case unsupportedProtocol = 5

    var message: String {
        switch self {
        case .unknownTransport: "Transport unknown"
        case .unknownSession: "Session ID unknown"
        case .badHandshakeMethod: "Bad handshake method"
        case .badRequest: "Bad request"
        case .forbidden: "Forbidden"
        case .unsupportedProtocol: "Unsupported protocol version"
        }
    }

    var status: Int { self == .forbidden ? 403 : 400 }

    func body(_ message: String) -> [UInt8] {
        var bytes: [UInt8] = []
        JSONWriter.append(to: &bytes) { writer in
            writer.object {
                $0.field("code", rawValue)
                $0.field("message", message)
            }
        }
        return bytes
    }
}
