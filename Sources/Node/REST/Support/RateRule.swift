import Cluster

/// How often something may be done, and what is counted together.
struct RateRule: Sendable {
    /// Part of the bucket's key.
    let name: String
    let limit: RateLimit

    /// Per address: a family or an office behind one address registers a handful, a script hundreds.
    static let register = RateRule(name: "register", limit: RateLimit(capacity: 20, per: .seconds(600)))
    /// Per address: an office logs in together in the morning; guessing needs thousands.
    static let logIn = RateRule(name: "login", limit: RateLimit(capacity: 30, per: .seconds(60)))
    /// Per address: a client refreshes once in a token's life; many share an address on mobile networks.
    static let refresh = RateRule(name: "refresh", limit: RateLimit(capacity: 120, per: .seconds(60)))
    /// Per account: nobody orders twice a second for long.
    static let orders = RateRule(name: "orders", limit: RateLimit(capacity: 60, per: .seconds(60)))
    /// Per account: a chain entering its shops.
    static let merchants = RateRule(name: "merchants", limit: RateLimit(capacity: 60, per: .seconds(60)))
    /// Per account: a menu being entered by a program.
    static let products = RateRule(name: "products", limit: RateLimit(capacity: 600, per: .seconds(60)))
}
