import Domain
import Testing

@Suite struct TextProblemTests {
    @Test func `names have 1 to 120 characters, counted as PostgreSQL counts`() {
        #expect(TextProblem.find(inName: String(repeating: "é", count: 120)) == nil)
        #expect(TextProblem.find(inName: String(repeating: "😀", count: 120)) == nil)
        #expect(TextProblem.find(inName: String(repeating: "a", count: 121)) == .tooLong(maximum: 120))
        #expect(TextProblem.find(inName: String(repeating: "e\u{301}", count: 61)) == .tooLong(maximum: 120))
        #expect(TextProblem.find(inName: "") == .blank)
        #expect(TextProblem.find(inName: " \t\u{2003}") == .blank)
    }

    @Test func `notes may be empty and have up to 500`() {
        #expect(TextProblem.find(in: "", length: 0...500) == nil)
        #expect(TextProblem.find(in: String(repeating: "n", count: 501), length: 0...500) == .tooLong(maximum: 500))
        #expect(TextProblem.find(in: String(repeating: "n", count: 100_000), length: 0...500) == .tooLong(maximum: 500))
    }

    @Test func `NUL is refused wherever it stands`() {
        #expect(TextProblem.find(in: "a\0b", length: 0...500) == .containsNUL)
        #expect(TextProblem.find(inName: "\0") == .containsNUL)
    }

    @Test func `a text can be too short`() {
        #expect(TextProblem.find(in: "1234567", length: InputLimits.passwordLengths) == .tooShort(minimum: 8))
        #expect(TextProblem.find(in: "12345678", length: InputLimits.passwordLengths) == nil)
    }

    @Test func `bytes that are no UTF-8 are refused`() {
        #expect(TextProblem.text(utf8: [0xC3, 0x28], length: 0...9) == .failure(.notUTF8))
        #expect(TextProblem.text(utf8: [0xED, 0xA0, 0x80], length: 0...9) == .failure(.notUTF8))
        #expect(TextProblem.text(utf8: Array("né".utf8), length: 0...9) == .success("né"))
    }
}
