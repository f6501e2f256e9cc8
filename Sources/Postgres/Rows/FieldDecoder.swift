/// Reads fields in the server's binary form (the types' `send` functions); nil when type or length do not fit.
enum FieldDecoder {
    typealias Decode<T> = (UnsafeRawBufferPointer, TypeIdentifier) -> T?

    static func integer(_ field: UnsafeRawBufferPointer, _ type: TypeIdentifier) -> Int64? {
        switch type {
        case .int8, .xid8: bigEndian(field, Int64.self)
        case .int4: bigEndian(field, Int32.self).map(Int64.init)
        case .int2: bigEndian(field, Int16.self).map(Int64.init)
        case .oid, .xid: bigEndian(field, UInt32.self).map(Int64.init)
        default: nil
        }
    }

    static func double(_ field: UnsafeRawBufferPointer, _ type: TypeIdentifier) -> Double? {
        switch type {
        case .float8: bigEndian(field, UInt64.self).map(Double.init(bitPattern:))
        case .float4: bigEndian(field, UInt32.self).map { Double(Float(bitPattern: $0)) }
        default: integer(field, type).map(Double.init)
        }
    }

    static func bool(_ field: UnsafeRawBufferPointer, _ type: TypeIdentifier) -> Bool? {
        guard type == .bool, field.count == 1 else { return nil }
        return field[0] != 0
    }

    static func uuid(_ field: UnsafeRawBufferPointer, _ type: TypeIdentifier) -> PostgresUUID? {
        guard type == .uuid, field.count == 16 else { return nil }
        return PostgresUUID(
            high: UInt64(bigEndian: field.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: field.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    static func milliseconds(_ field: UnsafeRawBufferPointer, _ type: TypeIdentifier) -> Int64? {
        guard type == .timestamptz || type == .timestamp else { return nil }
        return bigEndian(field, Int64.self).map { TimestampFormat.unixMilliseconds(microseconds: $0) }
    }

    /// Types whose binary form is no text are refused; all others (text types, enums, domains over them) are text.
    static func text(_ field: UnsafeRawBufferPointer, _ type: TypeIdentifier) -> String? {
        switch type {
        case .uuid: uuid(field, type)?.description
        case .bool, .int2, .int4, .int8, .oid, .xid, .xid8, .float4, .float8, .numeric, .bytea, .timestamptz,
            .timestamp:
            nil
        default: content(field, type).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    static func bytes(_ field: UnsafeRawBufferPointer, _ type: TypeIdentifier) -> [UInt8]? {
        content(field, type).map { [UInt8]($0) }
    }

    /// The bytes, for jsonb without the version byte that its binary form begins with.
    static func content(_ field: UnsafeRawBufferPointer, _ type: TypeIdentifier) -> UnsafeRawBufferPointer? {
        guard type == .jsonb, !field.isEmpty else { return field }
        return UnsafeRawBufferPointer(rebasing: field.dropFirst())
    }

    /// Dimensions, a flag, the element's type, then length and lower bound, then the elements (array_send).
    static func array<T>(_ field: UnsafeRawBufferPointer, _ decode: Decode<T>) -> [T]? {
        var rest = field
        guard let dimensions = take(&rest, Int32.self), take(&rest, Int32.self) != nil,
            let element = take(&rest, UInt32.self)
        else { return nil }
        guard dimensions != 0 else { return [] }
        guard dimensions == 1, let count = take(&rest, Int32.self), take(&rest, Int32.self) != nil else { return nil }
        var values: [T] = []
        values.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let length = take(&rest, Int32.self), length >= 0, Int(length) <= rest.count else { return nil }
            let bytes = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(length)))
            guard let value = decode(bytes, TypeIdentifier(rawValue: element)) else { return nil }
            values.append(value)
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(Int(length)))
        }
        return values
    }

    private static func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(
        _ field: UnsafeRawBufferPointer, _: T.Type
    ) -> T? {
        guard field.count == MemoryLayout<T>.size else { return nil }
        return T(bigEndian: field.loadUnaligned(as: T.self))
    }

    private static func take<T: FixedWidthInteger & BitwiseCopyable>(
        _ rest: inout UnsafeRawBufferPointer, _ type: T.Type
    ) -> T? {
        let size = MemoryLayout<T>.size
        guard rest.count >= size else { return nil }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(size)) }
        return T(bigEndian: rest.loadUnaligned(as: T.self))
    }
}
