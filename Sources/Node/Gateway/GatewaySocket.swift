import Domain
import EventLoop
import Realtime
import Services
import Store

/// What the gateway keeps for one Socket.IO socket: who it is, and what it has been told.
@Loop
final class GatewaySocket {
    let identity: Identity
    let socket: Socket
    var subscriber: Subscriber
    var offers = OfferView()
    /// Unix time.
    let connectedMilliseconds: Int64
    /// The CONNECT reply is out; nothing is pushed before.
    var isOpen = false
    var isClosed = false
    /// In the gateway's queue of sockets that wait for a fill.
    var isQueued = false
    /// A flag for the one channel that all but a few have alone, and have all: an array of one is 64 bytes.
    private var listensToAccount = false
    private var otherChannels: [Channel] = []
    /// What to send first, between the CONNECT's statement and its reply.
    var opening: Opening?
    private var looksUnopened = 0

    struct Opening {
        let events: [EventRecord]
        let offers: [OfferRecord]
    }

    init(identity: Identity, socket: Socket, at milliseconds: Int64) {
        connectedMilliseconds = milliseconds
        self.identity = identity
        self.socket = socket
        subscriber = Subscriber(account: identity.account, audience: identity.role.audience)
    }

    /// Order events wait in PostgreSQL while more than this is queued: far below the bound at which a socket
    /// counts as slow, so that catching up never closes it.
    static let roomBytes = 256 * 1024

    /// Its client went while the CONNECT was under way, so that nobody said good-bye: still not open after a
    /// minute of looks at the feed's pace.
    var isAbandoned: Bool {
        guard !isOpen else { return false }
        looksUnopened += 1
        return looksUnopened > 60
    }

    /// Notes an interest, once for each that the gateway counts.
    func listens(to channel: Channel) {
        if channel == .account(identity.account), !listensToAccount {
            listensToAccount = true
        } else {
            otherChannels.append(channel)
        }
    }

    /// The interests noted, which are forgotten.
    func stopListening() -> [Channel] {
        let account: [Channel] = listensToAccount ? [.account(identity.account)] : []
        let channels = account + otherChannels
        listensToAccount = false
        otherChannels = []
        return channels
    }

    var canPush: Bool { isOpen && !isClosed && socket.queuedBytes < Self.roomBytes }
}

extension Role {
    var audience: Subscriber.Audience {
        switch self {
        case .customer: .customer
        case .driver: .driver
        case .merchant: .merchant
        case .admin: .admin
        }
    }
}
