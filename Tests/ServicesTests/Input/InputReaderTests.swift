import Services
import Testing

@Suite struct InputReaderTests {
    private func problems(_ json: String, _ read: (inout InputReader) -> Void) -> [String] {
        do throws(ServiceError) {
            var reader = try InputReader(body: Array(json.utf8))
            read(&reader)
            try reader.finish()
            return []
        } catch {
            return error.fields.isEmpty ? [error.code] : error.fields.map { "\($0.field) \($0.code)" }
        }
    }

    @Test func `what is not JSON is a bad request, what is no object is a wrong type`() {
        #expect(problems("{\"a\":") { _ in } == ["INVALID_JSON"])
        #expect(problems("") { _ in } == ["INVALID_JSON"])
        #expect(problems("[1]") { _ in } == ["body INVALID_TYPE"])
    }

    @Test func `every problem is named, with the path of its field`() {
        let found = problems(#"{"name": 3, "items": [{"quantity": 0}, {"quantity": 1, "colour": "red"}], "nmae": 1}"#) {
            _ = $0.text("name")
            _ = $0.id("merchantId")
            $0.objects("items", count: 1...100) { _ = $0.integer("quantity", in: 1...999) }
        }
        #expect(
            found == [
                "name INVALID_TYPE", "merchantId REQUIRED", "items[0].quantity OUT_OF_RANGE",
                "items[1].colour UNKNOWN_FIELD", "nmae UNKNOWN_FIELD",
            ])
    }

    @Test(arguments: [
        (#"{"lat": 90.1, "lng": 0}"#, ["lat OUT_OF_RANGE"]),
        (#"{"lat": "1", "lng": 181}"#, ["lat INVALID_TYPE", "lng OUT_OF_RANGE"]),
        (#"{"lat": -90, "lng": 180}"#, []),
    ])
    func `a place lies on the globe`(json: String, expected: [String]) {
        #expect(problems(json) { _ = $0.coordinate() } == expected)
    }

    @Test func `texts have bounds in characters and no NUL`() {
        #expect(problems(#"{"a": "xxxx"}"#) { _ = $0.text("a", characters: 1...3) } == ["a TOO_LONG"])
        #expect(problems(#"{"a": ""}"#) { _ = $0.text("a") } == ["a TOO_SHORT"])
        #expect(problems(#"{"a": "x\u0000"}"#) { _ = $0.text("a") } == ["a INVALID_VALUE"])
        #expect(problems(#"{"a": "äöü"}"#) { _ = $0.text("a", characters: 1...3) } == [])
    }

    @Test func `null is as good as absent, and a whole number may be written as a decimal`() {
        var read: (text: String?, number: Int64) = ("", 0)
        let found = problems(#"{"a": null, "b": 2.0}"#) {
            read = ($0.optionalText("a"), $0.integer("b", in: 1...3))
        }
        #expect(found == [])
        #expect(read.text == nil)
        #expect(read.number == 2)
        #expect(problems(#"{"a": null}"#) { _ = $0.text("a") } == ["a REQUIRED"])
        #expect(problems(#"{"b": 2.5}"#) { _ = $0.integer("b", in: 1...3) } == ["b INVALID_TYPE"])
    }
}
