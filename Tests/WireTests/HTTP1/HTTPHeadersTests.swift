import Testing
import Wire

@Suite struct HTTPHeadersTests {
    @Test func `names are found whatever their case, values keep theirs`() {
        let headers: HTTPHeaders = ["Content-Type": "Text/Plain", "X": "1", "x": "2"]
        #expect(headers["content-type"] == "Text/Plain")
        #expect(headers["CONTENT-TYPE"] == "Text/Plain")
        #expect(headers["X"] == "1")
        #expect(headers.values("x") == ["1", "2"])
        #expect(headers["y"] == nil)
        #expect(headers.contains("x") && !headers.contains("content"))
    }

    @Test func `setting replaces every field of the name and nil removes them`() {
        var headers: HTTPHeaders = ["A": "1", "B": "2", "a": "3"]
        headers["a"] = "4"
        #expect(headers == ["B": "2", "a": "4"])
        headers["B"] = nil
        #expect(headers == ["A": "4"])
        headers.remove("missing")
        #expect(headers.count == 1)
    }

    @Test func `a list has its elements whatever their case and blanks`() {
        let headers: HTTPHeaders = ["Connection": "keep-alive,\t Upgrade ", "connection": "x"]
        #expect(headers.contains("connection", token: "upgrade"))
        #expect(headers.contains("connection", token: "X"))
        #expect(!headers.contains("connection", token: "keep"))
        #expect(!headers.contains("upgrade", token: "upgrade"))
    }
}
