import Crypto
import Realtime
import Services
import Wire

/// The sockets of one user over all nodes, oldest first, as `GET admin/sockets` lists them.
struct SocketListing {
    private struct Row {
        let key: String
        let json: [UInt8]
    }

    private let rows: [Row]
    private let missingNodes: [String]

    init(_ found: FetchedSockets) {
        // Times of one form sort as they stand; the id decides between equals.
        rows = found.sockets.map { Row(key: Self.connectedAt($0) + "/" + $0.id, json: Self.json($0)) }
            .sorted { $0.key < $1.key }
        missingNodes = found.missingNodes
    }

    /// `{data, nextCursor, missingNodes}`: `limit` sockets at most past the cursor.
    func page(after cursor: String?, limit: Int) -> [UInt8] {
        let rest = cursor.map { after in rows.drop { $0.key <= after } } ?? rows[...]
        let page = rest.prefix(limit)
        var writer = JSONWriter(reservingCapacity: 128 + 512 * page.count)
        writer.object {
            $0.field("data") { list in list.array { for row in page { $0.value(raw: row.json) } } }
            $0.field("nextCursor", orNull: rest.count > page.count ? page.last.map { Self.encode($0.key) } : nil)
            $0.field("missingNodes") { list in list.array { for name in missingNodes { $0.value(name) } } }
        }
        return writer.bytes
    }

    // MARK: Cursors

    private static func encode(_ key: String) -> String { Base64URL.encode(Array(key.utf8)) }

    static func cursor(_ text: String) throws(ServiceError) -> String {
        guard let bytes = Base64URL.decode(text), let key = String(validating: bytes, as: UTF8.self), key.contains("/")
        else { throw .invalid("cursor", "INVALID_VALUE", "is not a cursor of this list") }
        return key
    }

    // MARK: Sockets

    private static func connectedAt(_ socket: SocketDescription) -> String {
        (try? JSONValue.parse(socket.data))?["connectedAt"]?.stringValue ?? ""
    }

    /// The application's own state first (`SocketSummary`; another server shows what it likes), then what Socket.IO knows.
    private static func json(_ socket: SocketDescription) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 512)
        writer.object { writer in
            writer.field("id", socket.id)
            if case .object(let members) = try? JSONValue.parse(socket.data) {
                for member in members where !ownNames.contains(member.name) { writer.field(member.name, member.value) }
            }
            writer.field("address", socket.remoteAddress)
            writer.field("rooms") { list in
                list.array { for room in socket.rooms.sorted() where room != socket.id { $0.value(room) } }
            }
        }
        return writer.bytes
    }

    private static let ownNames: Set<String> = ["id", "address", "rooms"]
}
