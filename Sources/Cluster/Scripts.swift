import Redis

/// The Lua scripts, embedded at build.
enum Scripts {
    static let claimOrder = RedisScript(name: "claim_order", utf8: PackageResources.claim_order_lua)
    static let markOrderWon = RedisScript(name: "mark_order_won", utf8: PackageResources.mark_order_won_lua)
    static let releaseOrder = RedisScript(name: "release_order", utf8: PackageResources.release_order_lua)
    static let takeTokens = RedisScript(name: "take_tokens", utf8: PackageResources.take_tokens_lua)
    static let announceMember = RedisScript(name: "announce_member", utf8: PackageResources.announce_member_lua)
}
