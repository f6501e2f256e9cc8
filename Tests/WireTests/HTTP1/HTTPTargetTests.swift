import Testing
import Wire

@Suite struct HTTPTargetTests {
    @Test(
        arguments: [
            ("/a/b?c=d", "/a/b", "c=d"), ("/", "/", nil), ("/a?", "/a", ""), ("/a?b?c", "/a", "b?c"), ("*", "*", nil),
            ("http://example.org/x?y", "/x", "y"), ("http://example.org", "/", nil),
            ("http://example.org?y=http://z/", "/", "y=http://z/"),
            ("/redirect?to=http://z/a", "/redirect", "to=http://z/a"), ("//a/b", "//a/b", nil),
        ] as [(String, String, String?)])
    func `a target is split into path and query`(target: String, path: String, query: String?) {
        let parts = HTTPTarget(target)
        #expect(parts.path == path)
        #expect(parts.rawQuery.map(String.init) == query)
    }

    @Test func `a query is decoded in order and the first of a name counts`() throws {
        let query = try HTTPTarget("/?a=1&b=x%20y+z&a=2&c&=e&&d=%C3%A9%26").query()
        #expect(query["a"] == "1")
        #expect(query.values("a") == ["1", "2"])
        #expect(query["b"] == "x y z")
        #expect(query["c"] == "")
        #expect(query[""] == "e")
        #expect(query["d"] == "é&")
        #expect(query["x"] == nil)
        #expect(try HTTPTarget("/").query().items.isEmpty)
    }

    @Test(arguments: ["/?a=%", "/?a=%2", "/?a=%2g", "/?%zz=1", "/?a=%ff", "/?a=%00", "/?a=%c0%80"])
    func `a malformed encoding refuses the query`(target: String) {
        #expect(throws: WireError.http(.invalidTarget)) { try HTTPTarget(target).query() }
    }

    @Test func `segments are split before they are decoded`() throws {
        #expect(try HTTPTarget("/api/v1/a%2Fb").segments() == ["api", "v1", "a/b"])
        #expect(try HTTPTarget("/").segments() == [])
        #expect(try HTTPTarget("/a/").segments() == ["a", ""])
        #expect(try HTTPTarget("/a+b").segments() == ["a+b"])
        #expect(throws: WireError.http(.invalidTarget)) { try HTTPTarget("/%").segments() }
    }

    @Test func `what is encoded is decoded again`() {
        let text = "a b/ü?&=+~%"
        #expect(PercentEncoding.encode(text) == "a%20b%2F%C3%BC%3F%26%3D%2B~%25")
        #expect(PercentEncoding.decode(PercentEncoding.encode(text)[...]) == text)
    }
}
