/// Tells whether a member's name is new to its object: by comparing while there are few, by a hash set beyond, so that
/// an object of a hundred thousand names costs a peer no quadratic work here.
struct JSONNameSet {
    /// Up to here comparing beats hashing.
    private static let comparedCount = 12

    private var hashed: Set<String> = []

    /// False when `members`, all inserted before, have `name` already.
    mutating func insert(_ name: String, among members: [JSONMember]) -> Bool {
        if members.count < Self.comparedCount {
            for member in members where member.name == name { return false }
            return true
        }
        if hashed.isEmpty { for member in members { hashed.insert(member.name) } }
        return hashed.insert(name).inserted
    }
}
