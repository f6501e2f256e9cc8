import Cluster
import Domain
import EventLoop
import Services

/// The services' order lock, kept in Redis.
@Loop
final class RedisOrderLock: OrderLocking {
    private let lock: OrderLock

    init(_ lock: OrderLock) { self.lock = lock }

    func claim(order: UUID16, driver: UUID16, offerVersion: Int?) async -> OrderLockAnswer {
        let answer = await lock.claimPatiently(
            orderID: order.description, driverID: driver.description, offerVersion: offerVersion.map(Int64.init))
        return switch answer {
        case .claimed: .claimed
        case .busy: .busy
        case .absent: .absent
        case .lost(let version): .lost(version: Int(version))
        }
    }

    func won(order: UUID16, version: Int, driver: UUID16) {
        lock.won(orderID: order.description, version: Int64(version), driverID: driver.description)
    }

    func release(order: UUID16, driver: UUID16) {
        lock.release(orderID: order.description, driverID: driver.description)
    }
}
