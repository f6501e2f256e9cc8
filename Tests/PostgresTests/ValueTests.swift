import EventLoop
import Postgres
import Testing

/// Each value is sent twice: as text, while the statement's types are not known, and in binary once they are.
struct ValueTests {
    private static let uuid = PostgresUUID(high: 0x0192_ABCD_0000_7000, low: 0x8000_0123_4567_89AB)

    private func twice<T: Equatable & Sendable>(
        _ expression: String, _ value: PostgresValue, is expected: T,
        _ read: @escaping @Loop @Sendable (PostgresRow) throws -> T
    ) async throws {
        try await withPool(try configuration()) { pool in
            let statement = PostgresStatement("value", "SELECT \(expression) AS value")
            for _ in 0..<2 {
                let answer = try read(try await pool.query(statement, [value])[0])
                #expect(answer == expected)
            }
        }
    }

    @Test(arguments: ["int2", "int4", "int8", "oid", "float8"])
    func `an integer fits every numeric type`(type: String) async throws {
        try await twice("$1::\(type)", 1234, is: 1234) { try $0.double("value") }
    }

    @Test(arguments: [Int64.min, -1, 0, .max])
    func `an integer keeps its value`(value: Int64) async throws {
        try await twice("$1::int8", .int(value), is: value) { try $0.int("value") }
    }

    @Test func `an integer beyond the column's type is refused by the server`() async throws {
        try await withPool(try configuration()) { pool in
            let statement = PostgresStatement("narrow", "SELECT $1::int4 AS value")
            for _ in 0..<2 {
                let error = await failure { _ = try await pool.query(statement, [.int(1 << 40)]) }
                #expect(error?.state == "22003")
            }
        }
    }

    @Test(arguments: [0.1, -0.0, 1e-308, 1.7976931348623157e308, .infinity, -.infinity])
    func `a float keeps its bits`(value: Double) async throws {
        try await twice("$1::float8", .double(value), is: value.bitPattern) { try $0.double("value").bitPattern }
    }

    @Test func `not a number stays so`() async throws {
        try await twice("$1::float8", .double(.nan), is: true) { try $0.double("value").isNaN }
    }

    @Test(arguments: [true, false])
    func `a truth value keeps its value`(value: Bool) async throws {
        try await twice("$1::bool", .bool(value), is: value) { try $0.bool("value") }
    }

    @Test(arguments: ["", "plain", "quote ' \" \\ {,}", "žluťoučký 🛵"])
    func `text keeps its characters`(value: String) async throws {
        try await twice("$1::text", .text(value), is: value) { try $0.text("value") }
        try await twice("$1::varchar", .text(value), is: value) { try $0.text("value") }
    }

    @Test func `bytes keep their values, NUL included`() async throws {
        let value = [UInt8](0...255)
        try await twice("$1::bytea", .bytes(value), is: value) { try $0.bytes("value") }
        try await twice("$1::bytea", .bytes([]), is: []) { try $0.bytes("value") }
    }

    @Test func `a UUID keeps its bits and has a text form`() async throws {
        try await twice("$1::uuid", .uuid(Self.uuid), is: Self.uuid) { try $0.uuid("value") }
        try await twice("$1::uuid", .uuid(Self.uuid), is: "0192abcd-0000-7000-8000-0123456789ab") {
            try $0.text("value")
        }
        try await twice("$1::text", .uuid(Self.uuid), is: Self.uuid.description) { try $0.text("value") }
    }

    @Test func `JSON comes back as its bytes`() async throws {
        let json = [UInt8](#"{"a": [1, "x"]}"#.utf8)
        try await twice("$1::json", .json(json), is: json) { try $0.bytes("value") }
        try await twice("$1::jsonb", .json(json), is: json) { try $0.bytes("value") }
        try await twice("$1::jsonb", .json(json), is: #"{"a": [1, "x"]}"#) { try $0.text("value") }
        try await twice("$1::jsonb", .json(json), is: [UInt8(ascii: ">")] + json) {
            var output = [UInt8(ascii: ">")]
            try $0.append(at: 0, to: &output)
            return output
        }
    }

    @Test(arguments: [0, 946_684_800_000, 1_767_225_599_999, -1, -62_135_596_800_000, 951_782_400_000])
    func `a time keeps its milliseconds`(value: Int64) async throws {
        try await twice("$1::timestamptz", .timestamp(milliseconds: value), is: value) { try $0.milliseconds("value") }
    }

    @Test func `a time's text names the same instant`() async throws {
        try await twice(
            "to_char($1::timestamptz, 'YYYY-MM-DD HH24:MI:SS.MS')", .timestamp(milliseconds: 951_782_400_123),
            is: "2000-02-29 00:00:00.123"
        ) { try $0.text("value") }
    }

    @Test func `NULL is NULL`() async throws {
        try await twice("$1::int8", nil, is: true) { try $0.isNull("value") }
        try await twice("$1::int8", nil, is: nil) { try $0.intIfPresent("value") }
        try await twice("$1::int8", nil, is: nil) { try $0.textIfPresent("value") }
    }

    @Test func `arrays keep their elements`() async throws {
        try await twice("$1::int8[]", .ints([1, -2, .max]), is: [1, -2, .max]) { try $0.ints("value") }
        try await twice("$1::int4[]", .ints([1, -2]), is: [1, -2]) { try $0.ints("value") }
        try await twice("$1::float8[]", .doubles([0.1, -1e300]), is: [0.1, -1e300]) { try $0.doubles("value") }
        try await twice("$1::bool[]", .bools([true, false]), is: [true, false]) { try $0.bools("value") }
        try await twice("$1::uuid[]", .uuids([Self.uuid]), is: [Self.uuid]) { try $0.uuids("value") }
        let texts = ["", "a,b", "{}", "\"quoted\"", "back\\slash", "NULL", " padded "]
        try await twice("$1::text[]", .texts(texts), is: texts) { try $0.texts("value") }
        try await twice("$1::varchar[]", .texts(texts), is: texts) { try $0.texts("value") }
        try await twice("(SELECT max(t) FROM unnest($1::timestamptz[]) t)", .timestamps(milliseconds: [5, 7]), is: 7) {
            try $0.milliseconds("value")
        }
    }

    @Test func `an empty array is empty`() async throws {
        try await twice("$1::int8[]", .ints([]), is: []) { try $0.ints("value") }
        try await twice("$1::text[]", .texts([]), is: []) { try $0.texts("value") }
    }

    @Test func `arrays may hold NULL where they say so`() async throws {
        let count = "(SELECT count(*) FILTER (WHERE e IS NULL) * 10 + count(e) FROM unnest"
        try await twice("\(count)($1::int8[]) e)", .optionalInts([1, nil, 3]), is: 12) { try $0.int("value") }
        try await twice("\(count)($1::float8[]) e)", .optionalDoubles([nil, 1]), is: 11) { try $0.int("value") }
        try await twice("\(count)($1::text[]) e)", .optionalTexts([nil, "NULL"]), is: 11) { try $0.int("value") }
    }

    @Test(arguments: [
        PostgresValue.text("a\0b"), .json(Array("\"a\0\"".utf8)), .texts(["x", "a\0"]), .optionalTexts(["\0"]),
    ])
    func `NUL in text is refused by name and leaves the connection as it was`(value: PostgresValue) async throws {
        try await withPool(try configuration()) { pool in
            let statement = PostgresStatement("two", "SELECT $1::int8, $2::text[]::text")
            for _ in 0..<2 {
                let error = await failure { _ = try await pool.query(statement, [1, value]) }
                #expect(error?.kind == .invalidParameter)
                #expect(error?.message.contains("parameter 2 contains NUL") == true)
                #expect(error?.mayHaveTakenEffect == false)
                _ = try await pool.query(statement, [1, .texts([])])
            }
            #expect(pool.statistics.connects == 1)
        }
    }

    @Test func `parameters beyond the bound are refused`() async throws {
        var bounded = try configuration()
        bounded.maximumParameterBytes = 100
        try await withPool(bounded) { pool in
            let statement = PostgresStatement("length", "SELECT length($1)")
            let length = try await pool.query(statement, [.text(String(repeating: "x", count: 99))])[0].int(at: 0)
            #expect(length == 99)
            let error = await failure {
                _ = try await pool.query(statement, [.text(String(repeating: "x", count: 100))])
            }
            #expect(error?.kind == .invalidParameter)
        }
    }

    @Test func `reading what is not there is an error, not a crash`() async throws {
        try await withPool(try configuration()) { pool in
            let row = try await pool.query(
                PostgresStatement("mixed", "SELECT 1 AS one, NULL::int AS nothing, 'x' AS word, ARRAY[1, NULL] AS list")
            )[0]
            for read in [
                { _ = try row.int("two") }, { _ = try row.int(at: 9) }, { _ = try row.int("nothing") },
                { _ = try row.int("word") }, { _ = try row.text("one") }, { _ = try row.uuid("word") },
                { _ = try row.ints("list") }, { _ = try row.ints("one") }, { _ = try row.milliseconds("one") },
            ] as [() throws -> Void] {
                #expect { try read() } throws: { ($0 as? PostgresError)?.kind == .decoding }
            }
        }
    }
}
