import Domain
import EventLoop
import Services

/// An order lock that answers what it is told to, and keeps what it is asked.
@Loop
final class FakeLock: OrderLocking {
    var answer = OrderLockAnswer.claimed
    private(set) var claims: [(order: UUID16, driver: UUID16, offerVersion: Int?)] = []
    private(set) var wins: [(order: UUID16, version: Int, driver: UUID16)] = []
    private(set) var releases = 0

    func claim(order: UUID16, driver: UUID16, offerVersion: Int?) async -> OrderLockAnswer {
        claims.append((order, driver, offerVersion))
        return answer
    }

    func won(order: UUID16, version: Int, driver: UUID16) { wins.append((order, version, driver)) }

    func release(order: UUID16, driver: UUID16) { releases += 1 }
}
