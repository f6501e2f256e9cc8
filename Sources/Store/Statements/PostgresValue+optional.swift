import Domain
import Postgres

extension UUID16 {
    init(_ uuid: PostgresUUID) { self.init(high: uuid.high, low: uuid.low) }

    var postgres: PostgresUUID { PostgresUUID(high: high, low: low) }
}

/// Parameters from Swift's values; nil is NULL.
extension PostgresValue {
    static func id(_ value: UUID16) -> PostgresValue { .uuid(high: value.high, low: value.low) }
    static func id(_ value: UUID16?) -> PostgresValue { value.map(PostgresValue.id) ?? .null }
    static func ids(_ values: [UUID16]) -> PostgresValue { .uuids(values.map(\.postgres)) }
    static func text(_ value: String?) -> PostgresValue { value.map(PostgresValue.text) ?? .null }
    static func int(_ value: Int?) -> PostgresValue { value.map { .int(Int64($0)) } ?? .null }
    static func int(_ value: Int64?) -> PostgresValue { value.map(PostgresValue.int) ?? .null }
    static func double(_ value: Double?) -> PostgresValue { value.map(PostgresValue.double) ?? .null }
    static func bool(_ value: Bool?) -> PostgresValue { value.map(PostgresValue.bool) ?? .null }
    static func bytes(_ value: [UInt8]?) -> PostgresValue { value.map(PostgresValue.bytes) ?? .null }
    static func json(_ value: [UInt8]?) -> PostgresValue { value.map(PostgresValue.json) ?? .null }
    static func time(_ value: TimeStamp?) -> PostgresValue {
        value.map { .timestamp(milliseconds: $0.milliseconds) } ?? .null
    }
}

extension PostgresRow {
    func id(_ column: String) throws(PostgresError) -> UUID16 { UUID16(try uuid(column)) }
    func idIfPresent(_ column: String) throws(PostgresError) -> UUID16? { try uuidIfPresent(column).map(UUID16.init) }

    /// xid8 is unsigned; the driver reads its 64 bits as they are.
    func transaction(_ column: String) throws(PostgresError) -> UInt64 { UInt64(bitPattern: try int(column)) }

    /// One of an enumeration's raw values, which the schema's checks guarantee.
    func value<E: RawRepresentable<String>>(_ column: String, as type: E.Type) throws(StoreError) -> E {
        let raw = try decoding { () throws(PostgresError) -> String in try text(column) }
        guard let value = E(rawValue: raw) else { throw StoreError(.failed, "\(column) holds an unknown value") }
        return value
    }
}
