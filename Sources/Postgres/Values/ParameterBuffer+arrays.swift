extension ParameterBuffer {
    mutating func appendArray(
        _ value: PostgresValue, as type: TypeIdentifier, number: Int
    ) throws(PostgresError) -> Bool {
        switch value {
        case .bools(let values):
            try appendElements(values, element: type == .boolArray ? .bool : nil) {
                (buffer, value, inBinary) throws(PostgresError) in
                if inBinary {
                    buffer.appendBigEndian(Int32(1))
                    buffer.append(byte: value ? 1 : 0)
                } else {
                    buffer.append(byte: UInt8(ascii: value ? "t" : "f"))
                }
            }
        case .ints(let values): try appendIntegers(values, type)
        case .optionalInts(let values): try appendIntegers(values, type)
        case .doubles(let values): try appendDoubles(values, type)
        case .optionalDoubles(let values): try appendDoubles(values, type)
        case .texts(let values): try appendTexts(values, type, number)
        case .optionalTexts(let values): try appendTexts(values, type, number)
        case .uuids(let values):
            try appendElements(values, element: type == .uuidArray ? .uuid : nil) {
                (buffer, value, inBinary) throws(PostgresError) in
                if inBinary {
                    buffer.appendBigEndian(Int32(16))
                    buffer.appendBigEndian(value.high)
                    buffer.appendBigEndian(value.low)
                } else {
                    value.write { buffer.append(byte: $0) }
                }
            }
        case .timestamps(let values):
            try appendElements(values, element: type == .timestamptzArray ? .timestamptz : nil) {
                (buffer, value, inBinary) throws(PostgresError) in
                if inBinary { buffer.appendBigEndian(Int32(8)) } else { buffer.append(byte: UInt8(ascii: "\"")) }
                _ = try buffer.appendTimestamp(value, inBinary: inBinary, number: number)
                if !inBinary { buffer.append(byte: UInt8(ascii: "\"")) }
            }
        default: return false
        }
        return isBinaryArray(value, type)
    }

    private func isBinaryArray(_ value: PostgresValue, _ type: TypeIdentifier) -> Bool {
        switch (value, type) {
        case (.bools, .boolArray), (.ints, .int8Array), (.optionalInts, .int8Array), (.doubles, .float8Array),
            (.optionalDoubles, .float8Array), (.texts, .textArray), (.optionalTexts, .textArray),
            (.uuids, .uuidArray), (.timestamps, .timestamptzArray):
            true
        default: false
        }
    }

    private mutating func appendIntegers<E: OptionalConvertible<Int64>>(
        _ values: [E], _ type: TypeIdentifier
    ) throws(PostgresError) {
        try appendElements(values, element: type == .int8Array ? .int8 : nil) {
            (buffer, value, inBinary) throws(PostgresError) in
            if inBinary {
                buffer.appendBigEndian(Int32(8))
                buffer.appendBigEndian(value)
            } else {
                buffer.appendText(String(value))
            }
        }
    }

    private mutating func appendDoubles<E: OptionalConvertible<Double>>(
        _ values: [E], _ type: TypeIdentifier
    ) throws(PostgresError) {
        try appendElements(values, element: type == .float8Array ? .float8 : nil) {
            (buffer, value, inBinary) throws(PostgresError) in
            if inBinary {
                buffer.appendBigEndian(Int32(8))
                buffer.appendBigEndian(value.bitPattern)
            } else {
                buffer.appendText(ParameterBuffer.text(value))
            }
        }
    }

    private mutating func appendTexts<E: OptionalConvertible<String>>(
        _ values: [E], _ type: TypeIdentifier, _ number: Int
    ) throws(PostgresError) {
        try appendElements(values, element: type == .textArray ? .text : nil) {
            (buffer, value, inBinary) throws(PostgresError) in
            if inBinary {
                buffer.appendBigEndian(Int32(value.utf8.count))
                try buffer.appendChecked(value, number: number)
            } else {
                buffer.append(byte: UInt8(ascii: "\""))
                for byte in value.utf8 {
                    guard byte != 0 else { throw ParameterBuffer.nul(number) }
                    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                        buffer.append(byte: UInt8(ascii: "\\"))
                    }
                    buffer.append(byte: byte)
                }
                buffer.append(byte: UInt8(ascii: "\""))
            }
        }
    }

    /// The binary form (array_send): dimensions, a flag, the element's type, length and lower bound, then each
    /// element's length and bytes; the text form: `{a,b}`. `element` nil means text.
    private mutating func appendElements<Wrapped, E: OptionalConvertible<Wrapped>>(
        _ values: [E], element: TypeIdentifier?,
        _ append: (inout ParameterBuffer, Wrapped, _ inBinary: Bool) throws(PostgresError) -> Void
    ) throws(PostgresError) {
        guard let element else {
            self.append(byte: UInt8(ascii: "{"))
            for index in values.indices {
                if index > 0 { self.append(byte: UInt8(ascii: ",")) }
                if let value = values[index].asOptional {
                    try append(&self, value, false)
                } else {
                    appendText("NULL")
                }
            }
            self.append(byte: UInt8(ascii: "}"))
            return
        }
        appendBigEndian(Int32(values.isEmpty ? 0 : 1))
        appendBigEndian(Int32(1))
        appendBigEndian(element.rawValue)
        guard !values.isEmpty else { return }
        appendBigEndian(Int32(values.count))
        appendBigEndian(Int32(1))
        for value in values {
            if let value = value.asOptional { try append(&self, value, true) } else { appendBigEndian(Int32(-1)) }
        }
    }
}
