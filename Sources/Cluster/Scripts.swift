import Redis

/// The Lua scripts, embedded at build.
enum Scripts {
    static let claimOrder = RedisScript(name: "claim_order", utf8: PackageResources.claim_order_lua)
    static let markOrderWon = RedisScript(name: "mark_order_won", utf8: PackageResources.mark_order_won_lua)
    static let releaseOrder = RedisScript(name: "release_order", utf8: PackageResources.release_order_lua)
    static let takeTokens = RedisScript(name: "take_tokens", utf8: PackageResources.take_tokens_lua)
    static let countConnections = RedisScript(
        name: "count_connections", utf8: PackageResources.count_connections_lua)
    static let announceMember = RedisScript(name: "announce_member", utf8: PackageResources.announce_member_lua)
    static let openRecoveryLog = RedisScript(name: "open_recovery_log", utf8: PackageResources.open_recovery_log_lua)
    static let publishLogged = RedisScript(name: "publish_logged", utf8: PackageResources.publish_logged_lua)
    static let readRecoveryLog = RedisScript(name: "read_recovery_log", utf8: PackageResources.read_recovery_log_lua)
    static let beatRecoveryLog = RedisScript(name: "beat_recovery_log", utf8: PackageResources.beat_recovery_log_lua)
    static let writeSessions = RedisScript(name: "write_sessions", utf8: PackageResources.write_sessions_lua)
    static let checkSessions = RedisScript(name: "check_sessions", utf8: PackageResources.check_sessions_lua)
    static let claimSession = RedisScript(name: "claim_session", utf8: PackageResources.claim_session_lua)
}
