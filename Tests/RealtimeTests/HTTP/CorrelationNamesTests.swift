import Testing

@testable import Realtime

@Suite struct CorrelationNamesTests {
    @Test func `made names differ, are acceptable, and fit Swift's small strings`() {
        var names = CorrelationNames()
        let made = (0..<1_000).map { _ in names.next() }
        #expect(Set(made).count == 1_000)
        #expect(made.allSatisfy { CorrelationNames.isAcceptable($0) && $0.utf8.count == 15 })
    }

    @Test(arguments: ["", "a b", "a\nb", "é", String(repeating: "a", count: 129)])
    func `what is no id is refused`(name: String) {
        #expect(!CorrelationNames.isAcceptable(name))
    }
}
