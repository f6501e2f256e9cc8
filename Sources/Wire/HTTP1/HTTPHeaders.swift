/// The fields of a message: ordered, their names case-insensitive (RFC 9110 section 5).
///
/// All text lies in one byte array, and strings are made when asked for: a head costs two allocations however many
/// fields it has.
public struct HTTPHeaders: Sendable {
    struct Field {
        var name: Range<Int32>
        var value: Range<Int32>
    }

    var storage: [UInt8]
    var fields: [Field]
    /// False once a name or value was appended that would break a head's lines.
    private(set) var isSerialisable = true

    public init() {
        storage = []
        fields = []
    }

    init(storage: [UInt8], fields: [Field]) {
        self.storage = storage
        self.fields = fields
    }

    /// How many fields there are; repeated ones count each.
    public var count: Int { fields.count }

    public var isEmpty: Bool { fields.isEmpty }

    /// The value of the first field called `name`. Setting removes every such field and appends one, or none for nil.
    public subscript(name: String) -> String? {
        get {
            guard let field = first(name) else { return nil }
            return text(field.value)
        }
        set {
            remove(name)
            if let newValue { append(name, newValue) }
        }
    }

    /// The values of every field called `name`, in order.
    public func values(_ name: String) -> [String] {
        var found: [String] = []
        for field in fields where matches(field, name) { found.append(text(field.value)) }
        return found
    }

    public func contains(_ name: String) -> Bool { first(name) != nil }

    /// Whether a field called `name` lists `token`, as `Connection` and `Upgrade` do; case is ignored.
    public func contains(_ name: String, token: String) -> Bool {
        for field in fields
        where matches(field, name) && HTTPSyntax.list(storage.span, wide(field.value), contains: token) { return true }
        return false
    }

    /// Appends a field. A name that is no token, or a value with a control character (CR, LF, NUL …), makes the encoders
    /// refuse the whole head: text from a peer can never become a field or a response of its own.
    public mutating func append(_ name: String, _ value: String) {
        let nameStart = Int32(storage.count)
        let (nameBytes, valueBytes) = (name.utf8.span, value.utf8.span)
        if nameBytes.isEmpty { isSerialisable = false }
        for index in 0..<nameBytes.count where !HTTPSyntax.isToken(nameBytes[index]) { isSerialisable = false }
        for index in 0..<valueBytes.count where !HTTPSyntax.isFieldContent(valueBytes[index]) { isSerialisable = false }
        storage.append(copying: nameBytes)
        let valueStart = Int32(storage.count)
        storage.append(copying: valueBytes)
        fields.append(Field(name: nameStart..<valueStart, value: valueStart..<Int32(storage.count)))
    }

    /// Removes every field called `name`.
    public mutating func remove(_ name: String) {
        guard contains(name) else { return }
        fields = fields.filter { !matches($0, name) }
    }

    /// Calls `body` with each field in order.
    public func forEach(_ body: (_ name: String, _ value: String) -> Void) {
        for field in fields { body(text(field.name), text(field.value)) }
    }

    /// Appends each field as a line.
    func append(to bytes: inout [UInt8]) {
        for field in fields {
            bytes.append(contentsOf: storage[wide(field.name)])
            bytes.append(0x3A)
            bytes.append(0x20)
            bytes.append(contentsOf: storage[wide(field.value)])
            bytes.append(0x0D)
            bytes.append(0x0A)
        }
    }

    private func first(_ name: String) -> Field? {
        for field in fields where matches(field, name) { return field }
        return nil
    }

    private func matches(_ field: Field, _ name: String) -> Bool {
        HTTPSyntax.equals(storage.span, wide(field.name), ignoringCase: name)
    }

    private func text(_ range: Range<Int32>) -> String { HTTPSyntax.string(storage.span, wide(range)) }

    private func wide(_ range: Range<Int32>) -> Range<Int> { Int(range.lowerBound)..<Int(range.upperBound) }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements { append(name, value) }
    }
}

extension HTTPHeaders: Equatable {
    /// Whether both have the same fields in the same order, letters of names compared without case.
    public static func == (left: HTTPHeaders, right: HTTPHeaders) -> Bool {
        guard left.count == right.count else { return false }
        for (one, other) in zip(left.fields, right.fields) {
            guard left.text(one.value) == right.text(other.value),
                HTTPSyntax.equals(
                    left.storage.span, left.wide(one.name), ignoringCase: right.text(other.name))
            else { return false }
        }
        return true
    }
}
