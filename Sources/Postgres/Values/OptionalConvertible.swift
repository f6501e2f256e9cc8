/// A value or an optional one: lets arrays with and without NULLs share their encoding.
protocol OptionalConvertible<Wrapped> {
    associatedtype Wrapped
    var asOptional: Wrapped? { get }
}

extension Optional: OptionalConvertible { var asOptional: Wrapped? { self } }
extension Bool: OptionalConvertible { var asOptional: Bool? { self } }
extension Int64: OptionalConvertible { var asOptional: Int64? { self } }
extension Double: OptionalConvertible { var asOptional: Double? { self } }
extension String: OptionalConvertible { var asOptional: String? { self } }
extension PostgresUUID: OptionalConvertible { var asOptional: PostgresUUID? { self } }
