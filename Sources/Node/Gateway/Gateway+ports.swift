import Domain
import EventLoop
import Services
import Store

/// What the services need of the sockets.
extension Gateway: LiveEvents, VolatileEvents, ConnectedDrivers, AccessEvents, MembershipEvents {
    var connectedDrivers: [UUID16] { connectedAccounts(role: .driver) }
}
