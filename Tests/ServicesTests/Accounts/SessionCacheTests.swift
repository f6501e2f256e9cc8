import Domain
import EventLoop
import TestSupport
import Testing

@testable import Services

@Suite(.timeLimit(.minutes(1))) struct SessionCacheTests {
    private static let identity = Identity(
        account: UUID16(high: 1, low: 1), session: UUID16(high: 1, low: 2), role: .customer)

    @Test func `a look at the database counts for ten seconds, for that very identity`() async throws {
        try await onLoop {
            let timing = ManualTiming()
            let cache = SessionCache(timing: timing)
            #expect(!cache.holds(Self.identity))
            cache.keep(Self.identity, endings: cache.endings)
            #expect(cache.holds(Self.identity))
            let other = Identity(account: Self.identity.account, session: Self.identity.session, role: .admin)
            #expect(!cache.holds(other))
            timing.advance(by: .milliseconds(9_999))
            #expect(cache.holds(Self.identity))
            timing.advance(by: .milliseconds(1))
            #expect(!cache.holds(Self.identity))
        }
    }

    @Test func `an end that is heard of while the database is asked is not overwritten by its older answer`()
        async throws
    {
        try await onLoop {
            for end: @Loop (SessionCache) -> Void in [
                { $0.end(session: Self.identity.session) }, { $0.end(account: Self.identity.account) },
            ] {
                let cache = SessionCache(timing: ManualTiming())
                let before = cache.endings
                end(cache)
                cache.keep(Self.identity, endings: before)
                #expect(!cache.holds(Self.identity))
                // Whoever asks anew has an answer of after the end.
                cache.keep(Self.identity, endings: cache.endings)
                #expect(cache.holds(Self.identity))
                end(cache)
                #expect(!cache.holds(Self.identity))
            }
        }
    }
}
