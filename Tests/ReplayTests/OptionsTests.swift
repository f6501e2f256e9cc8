import Testing

@testable import Replay

@Suite struct OptionsTests {
    @Test func `without arguments a generated day is played at sixty times the speed`() throws {
        let options = try #require(try Options.parse([]))
        #expect(options.directory == nil)
        #expect(options.speed == 60)
        #expect(options.refusals == 0.05)
        #expect(options.door == (try Door("http://127.0.0.1:8080")))
    }

    @Test func `values come behind a blank or an equals sign`() throws {
        let options = try #require(
            try Options.parse([
                "day", "--speed=120.5", "--seed", "7", "--refuse", "0", "--url", "http://localhost:9", "--json=out",
            ]))
        #expect(options.directory == "day")
        #expect(options.speed == 120.5)
        #expect(options.seed == 7)
        #expect(options.refusals == 0)
        #expect(options.door.host == "localhost")
        #expect(options.door.port == 9)
        #expect(options.jsonPath == "out")
    }

    @Test func `help is asked for anywhere`() throws {
        #expect(try Options.parse(["day", "-h"]) == nil)
        #expect(try Options.parse(["--help"]) == nil)
    }

    @Test(arguments: [
        ["--fast"], ["--speed"], ["--speed", "0"], ["--speed", "quick"], ["--seed", "-1"], ["--refuse", "1.1"],
        ["a", "b"], ["--url", "ftp://x"], ["--url", "http://x:99999"], ["--url", "http://"], ["--url", "http://a b"],
        ["--json", ""],
    ])
    func `what makes no sense is refused with status 2`(_ arguments: [String]) {
        let error = #expect(throws: ReplayError.self) { try Options.parse(arguments) }
        #expect(error?.exitStatus == 2)
        #expect(error?.description.contains("\n") == false)
    }

    @Test func `a door without a port is at 80, and its authority says no port`() throws {
        let door = try Door("http://example.com/")
        #expect(door.port == 80)
        #expect(door.authority == "example.com")
        #expect(try Door("http://[::1]:8080").authority == "[::1]:8080")
        #expect(try Door("http://[::1]:8080").host == "::1")
    }
}
