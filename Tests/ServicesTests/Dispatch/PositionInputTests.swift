import Domain
import Services
import Testing

struct PositionInputTests {
    private func read(_ json: String) throws -> [PositionReport] { try PositionInput.read(Array(json.utf8)) }

    private func problems(_ json: String) -> [String] {
        do throws(ServiceError) {
            _ = try PositionInput.read(Array(json.utf8))
            return []
        } catch {
            return error.fields.isEmpty ? [error.code] : error.fields.map { "\($0.field) \($0.code)" }
        }
    }

    @Test func `one position is read with all it may bear`() throws {
        let reports = try read(
            #"{"lat": 48.5, "lng": -2, "heading": 360, "speed": 4.5, "accuracy": 12, "at": "2026-11-21T09:30:00.123Z"}"#
        )
        let report = try #require(reports.first)
        #expect(reports.count == 1)
        #expect(report.coordinate == Coordinate(latitude: 48.5, longitude: -2))
        #expect(report.heading == 0 && report.speed == 4.5 && report.accuracy == 12)
        #expect(report.at?.milliseconds == 1_795_253_400_123)
    }

    @Test func `several points are read in order`() throws {
        let reports = try read(#"{"points": [{"lat": 1, "lng": 2}, {"lat": 3, "lng": 4, "heading": null}]}"#)
        #expect(reports.map(\.coordinate.latitude) == [1, 3])
    }

    @Test(arguments: [
        (#"{"lat": 91, "lng": 0}"#, ["lat OUT_OF_RANGE"]),
        (#"{"lat": 1}"#, ["lng REQUIRED"]),
        (#"{"lat": null, "lng": 1}"#, ["lat REQUIRED"]),
        (#"{"lat": "1", "lng": 2}"#, ["lat INVALID_TYPE"]),
        (#"{"lat": 1, "lng": 2, "sped": 3}"#, ["sped UNKNOWN_FIELD"]),
        (#"{"lat": 1, "lng": 2, "heading": 361}"#, ["heading OUT_OF_RANGE"]),
        (#"{"lat": 1, "lng": 2, "at": "yesterday"}"#, ["at INVALID_VALUE"]),
        (#"{"points": [{"lat": 1, "lng": 200}]}"#, ["points[0].lng OUT_OF_RANGE"]),
        (#"{"points": []}"#, ["points OUT_OF_RANGE"]),
        (#"{"points": [{"lat": 1, "lng": 2}], "lat": 1}"#, ["lat UNKNOWN_FIELD"]),
        (#"{"lat": 1, "lat": 2, "lng": 2}"#, ["INVALID_JSON"]),
        (#"{"lat": 1, "lng": 2"#, ["INVALID_JSON"]),
        ("[1]", ["body INVALID_TYPE"]),
    ])
    func `what is wrong is named`(json: String, expected: [String]) {
        #expect(problems(json) == expected)
    }
}
