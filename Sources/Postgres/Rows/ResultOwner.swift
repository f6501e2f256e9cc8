import CLibpq
import Glibc

/// Owns one libpq result. Unchecked: libpq never changes a finished result and its readers take no lock, so that
/// several threads may read it; it is cleared once, by the last owner.
final class ResultOwner: @unchecked Sendable {
    let pointer: OpaquePointer
    let rowCount: Int32
    let columnCount: Int32

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
        rowCount = PQntuples(pointer)
        columnCount = PQnfields(pointer)
    }

    deinit { PQclear(pointer) }

    func column(_ name: String) -> Int32? {
        (0..<columnCount).first { strcmp(PQfname(pointer, $0), name) == 0 }
    }

    func type(_ column: Int32) -> TypeIdentifier { TypeIdentifier(rawValue: PQftype(pointer, column)) }

    /// The field's bytes, nil for NULL; valid while the result lives.
    func field(_ row: Int32, _ column: Int32) -> UnsafeRawBufferPointer? {
        guard PQgetisnull(pointer, row, column) == 0 else { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(pointer, row, column), count: Int(PQgetlength(pointer, row, column)))
    }
}
