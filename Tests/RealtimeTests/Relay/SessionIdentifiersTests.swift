import Testing

@testable import Realtime

struct SessionIdentifiersTests {
    private let secret = Array("a secret that the nodes of a cluster share".utf8)

    @Test func `an id leads with the name, and every node reads whose it is`() throws {
        let owner = SessionOwner(name: "node-1")
        let id = SessionIdentifiers(owner: owner, secret: secret).make()
        #expect(id.hasPrefix("node-1."))
        #expect(id.utf8.count == "node-1.".utf8.count + 36)
        #expect(id.utf8.allSatisfy { (0x21...0x7e).contains($0) && !Array("%&=?#+/".utf8).contains($0) })
        let other = SessionIdentifiers(owner: SessionOwner(name: "node-2"), secret: secret)
        #expect(other.owner(of: id) == owner)
    }

    @Test func `no two are alike`() {
        let identifiers = SessionIdentifiers(owner: SessionOwner(name: "n"), secret: secret)
        #expect(Set((0..<1000).map { _ in identifiers.make() }).count == 1000)
    }

    @Test func `a process of the same name is another owner`() {
        let first = SessionOwner(name: "node-1")
        let second = SessionOwner(name: "node-1")
        let id = SessionIdentifiers(owner: first, secret: secret).make()
        let owner = SessionIdentifiers(owner: second, secret: secret).owner(of: id)
        #expect(owner == first)
        #expect(owner != second)
    }

    @Test func `an id with any character changed is nobody's`() {
        let identifiers = SessionIdentifiers(owner: SessionOwner(name: "node-1"), secret: secret)
        let id = Array(identifiers.make().utf8)
        for index in id.indices {
            for replacement in "Ab0-_.n2".utf8 where replacement != id[index] {
                var forged = id
                forged[index] = replacement
                #expect(identifiers.owner(of: String(decoding: forged, as: UTF8.self)) == nil)
            }
        }
    }

    @Test(arguments: [
        "", ".", "node-1", "node-1.", ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "node-1.AAAA",
        "node-1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "node-1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "n\u{0}de.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "é.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ])
    func `what no node made is nobody's`(id: String) {
        #expect(SessionIdentifiers(owner: SessionOwner(name: "node-1"), secret: secret).owner(of: id) == nil)
    }

    @Test func `another cluster's id is nobody's, and so is any to one without a secret`() {
        let owner = SessionOwner(name: "node-1")
        let id = SessionIdentifiers(owner: owner, secret: secret).make()
        #expect(
            SessionIdentifiers(owner: owner, secret: Array("the secret of another cluster".utf8)).owner(of: id) == nil)
        #expect(SessionIdentifiers(owner: owner).owner(of: id) == nil)
        #expect(SessionIdentifiers(owner: owner).owner(of: SessionIdentifiers(owner: owner).make()) == nil)
    }
}
