/// One row. Columns are named, or numbered from 0 (`at:`, the quicker form for hot paths).
///
/// Each reader throws `.decoding` when there is no such column, when it is NULL (use the `IfPresent` form), or when
/// its type is not among those named.
public struct PostgresRow: Sendable {
    let owner: ResultOwner
    let row: Int32

    /// Whether the column is NULL.
    public func isNull(_ column: String) throws(PostgresError) -> Bool {
        owner.field(row, try index(column)) == nil
    }

    /// int2, int4, int8, oid, xid, xid8.
    public func int(_ column: String) throws(PostgresError) -> Int64 { try required(column, FieldDecoder.integer) }
    /// int2, int4, int8, oid, xid, xid8.
    public func int(at column: Int) throws(PostgresError) -> Int64 { try required(at: column, FieldDecoder.integer) }
    /// As `int`, nil for NULL.
    public func intIfPresent(_ column: String) throws(PostgresError) -> Int64? {
        try optional(column, FieldDecoder.integer)
    }

    /// float4, float8, and the integers.
    public func double(_ column: String) throws(PostgresError) -> Double { try required(column, FieldDecoder.double) }
    /// float4, float8, and the integers.
    public func double(at column: Int) throws(PostgresError) -> Double {
        try required(at: column, FieldDecoder.double)
    }
    /// As `double`, nil for NULL.
    public func doubleIfPresent(_ column: String) throws(PostgresError) -> Double? {
        try optional(column, FieldDecoder.double)
    }

    /// boolean.
    public func bool(_ column: String) throws(PostgresError) -> Bool { try required(column, FieldDecoder.bool) }
    /// boolean.
    public func bool(at column: Int) throws(PostgresError) -> Bool { try required(at: column, FieldDecoder.bool) }
    /// As `bool`, nil for NULL.
    public func boolIfPresent(_ column: String) throws(PostgresError) -> Bool? {
        try optional(column, FieldDecoder.bool)
    }

    /// text, varchar, char, name, enums, json, jsonb, and uuid in its text form.
    public func text(_ column: String) throws(PostgresError) -> String { try required(column, FieldDecoder.text) }
    /// text, varchar, char, name, enums, json, jsonb, and uuid in its text form.
    public func text(at column: Int) throws(PostgresError) -> String { try required(at: column, FieldDecoder.text) }
    /// As `text`, nil for NULL.
    public func textIfPresent(_ column: String) throws(PostgresError) -> String? {
        try optional(column, FieldDecoder.text)
    }

    /// uuid.
    public func uuid(_ column: String) throws(PostgresError) -> PostgresUUID { try required(column, FieldDecoder.uuid) }
    /// uuid.
    public func uuid(at column: Int) throws(PostgresError) -> PostgresUUID {
        try required(at: column, FieldDecoder.uuid)
    }
    /// As `uuid`, nil for NULL.
    public func uuidIfPresent(_ column: String) throws(PostgresError) -> PostgresUUID? {
        try optional(column, FieldDecoder.uuid)
    }

    /// timestamptz, timestamp: Unix time in milliseconds, rounded down.
    public func milliseconds(_ column: String) throws(PostgresError) -> Int64 {
        try required(column, FieldDecoder.milliseconds)
    }
    /// timestamptz, timestamp: Unix time in milliseconds, rounded down.
    public func milliseconds(at column: Int) throws(PostgresError) -> Int64 {
        try required(at: column, FieldDecoder.milliseconds)
    }
    /// As `milliseconds`, nil for NULL.
    public func millisecondsIfPresent(_ column: String) throws(PostgresError) -> Int64? {
        try optional(column, FieldDecoder.milliseconds)
    }

    /// bytea; json, jsonb and the text types as UTF-8; any other type as the server sends it in binary.
    public func bytes(_ column: String) throws(PostgresError) -> [UInt8] { try required(column, FieldDecoder.bytes) }
    /// bytea; json, jsonb and the text types as UTF-8; any other type as the server sends it in binary.
    public func bytes(at column: Int) throws(PostgresError) -> [UInt8] { try required(at: column, FieldDecoder.bytes) }
    /// As `bytes`, nil for NULL.
    public func bytesIfPresent(_ column: String) throws(PostgresError) -> [UInt8]? {
        try optional(column, FieldDecoder.bytes)
    }

    /// Appends what `bytes(at:)` would return, without an array between.
    public func append(at column: Int, to output: inout [UInt8]) throws(PostgresError) {
        output.append(contentsOf: try required(at: column, FieldDecoder.content))
    }

    /// int8[], int4[], int2[] of one dimension; NULL elements throw.
    public func ints(_ column: String) throws(PostgresError) -> [Int64] {
        try elements(column, FieldDecoder.integer)
    }

    /// float8[], float4[] of one dimension; NULL elements throw.
    public func doubles(_ column: String) throws(PostgresError) -> [Double] {
        try elements(column, FieldDecoder.double)
    }

    /// boolean[] of one dimension; NULL elements throw.
    public func bools(_ column: String) throws(PostgresError) -> [Bool] { try elements(column, FieldDecoder.bool) }

    /// Arrays of one dimension of the text types and enums; NULL elements throw.
    public func texts(_ column: String) throws(PostgresError) -> [String] { try elements(column, FieldDecoder.text) }

    /// uuid[] of one dimension; NULL elements throw.
    public func uuids(_ column: String) throws(PostgresError) -> [PostgresUUID] {
        try elements(column, FieldDecoder.uuid)
    }

    private func index(_ column: String) throws(PostgresError) -> Int32 {
        guard let index = owner.column(column) else {
            throw PostgresError(.decoding, "there is no column \(column)")
        }
        return index
    }

    private func optional<T>(
        _ column: String, _ decode: FieldDecoder.Decode<T>
    ) throws(PostgresError) -> T? {
        let index = try index(column)
        guard let field = owner.field(row, index) else { return nil }
        return try decoded(field, index, decode)
    }

    private func required<T>(_ column: String, _ decode: FieldDecoder.Decode<T>) throws(PostgresError) -> T {
        try required(index: try index(column), decode)
    }

    private func required<T>(at column: Int, _ decode: FieldDecoder.Decode<T>) throws(PostgresError) -> T {
        guard column >= 0, column < Int(owner.columnCount) else {
            throw PostgresError(.decoding, "there is no column \(column)")
        }
        return try required(index: Int32(column), decode)
    }

    private func required<T>(index: Int32, _ decode: FieldDecoder.Decode<T>) throws(PostgresError) -> T {
        guard let field = owner.field(row, index) else {
            throw PostgresError(.decoding, "column \(index) is NULL")
        }
        return try decoded(field, index, decode)
    }

    private func decoded<T>(
        _ field: UnsafeRawBufferPointer, _ index: Int32, _ decode: FieldDecoder.Decode<T>
    ) throws(PostgresError) -> T {
        let type = owner.type(index)
        guard let value = decode(field, type) else {
            throw PostgresError(.decoding, "column \(index) has type \(type.rawValue), which is not what was asked for")
        }
        return value
    }

    private func elements<T>(_ column: String, _ decode: FieldDecoder.Decode<T>) throws(PostgresError) -> [T] {
        let index = try index(column)
        guard let field = owner.field(row, index) else {
            throw PostgresError(.decoding, "column \(index) is NULL")
        }
        guard let values = FieldDecoder.array(field, decode) else {
            throw PostgresError(.decoding, "column \(index) is no array of what was asked for")
        }
        return values
    }
}
