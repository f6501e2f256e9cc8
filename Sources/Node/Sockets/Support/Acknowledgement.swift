import Services
import Wire

/// Answers to socket events (contract, Socket.IO): `{ok: true, …}` or `{ok: false, error: {code, message}}`.
enum Acknowledgement {
    static let ok = Array(#"{"ok":true}"#.utf8)

    /// `{ok: true}` and the fields that `body` writes.
    static func ok(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 128)
        writer.object {
            $0.field("ok", true)
            body(&$0)
        }
        return writer.bytes
    }

    /// `{ok: true, order}`
    static func order(_ json: [UInt8]) -> [UInt8] { ok { $0.field("order", raw: json) } }

    static func error(_ error: ServiceError) -> [UInt8] { Self.error(code: error.code, message: error.publicDetail) }

    static func error(code: String, message: String) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 128)
        writer.object {
            $0.field("ok", false)
            $0.field("error") {
                $0.object {
                    $0.field("code", code)
                    $0.field("message", message)
                }
            }
        }
        return writer.bytes
    }
}
