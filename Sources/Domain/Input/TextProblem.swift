/// What is wrong with a text that was sent.
public enum TextProblem: Hashable, Sendable {
    /// Nothing but white space where something is needed.
    case blank
    case tooShort(minimum: Int)
    case tooLong(maximum: Int)
    /// PostgreSQL cannot keep U+0000.
    case containsNUL
    /// Bytes that are no UTF-8.
    case notUTF8

    /// Checks a text; nil when it is fine. Characters are Unicode scalars, which is how PostgreSQL counts.
    ///
    /// - Parameters:
    ///   - isRequired: white space alone is not enough.
    public static func find(in text: String, length: ClosedRange<Int>, isRequired: Bool = false) -> TextProblem? {
        // A text of more bytes than four a character is too long without counting.
        if text.utf8.count > 4 * length.upperBound { return .tooLong(maximum: length.upperBound) }
        var count = 0
        var isBlank = true
        for scalar in text.unicodeScalars {
            if scalar == "\0" { return .containsNUL }
            if !scalar.properties.isWhitespace { isBlank = false }
            count += 1
        }
        if count > length.upperBound { return .tooLong(maximum: length.upperBound) }
        if isRequired && isBlank { return .blank }
        return count < length.lowerBound ? .tooShort(minimum: length.lowerBound) : nil
    }

    /// A name: needed, up to 120 characters.
    public static func find(inName name: String) -> TextProblem? {
        find(in: name, length: 1...InputLimits.nameLength, isRequired: true)
    }

    /// The text of bytes; fails with what is wrong with them.
    public static func text(
        utf8 bytes: [UInt8], length: ClosedRange<Int>, isRequired: Bool = false
    ) -> Result<String, TextProblem> {
        guard let text = String(validating: bytes, as: UTF8.self) else { return .failure(.notUTF8) }
        if let problem = find(in: text, length: length, isRequired: isRequired) { return .failure(problem) }
        return .success(text)
    }
}

extension TextProblem: Error {}
