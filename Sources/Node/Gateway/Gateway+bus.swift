import Cluster
import Domain
import EventLoop
import Realtime
import Store
import Telemetry
import Wire

/// House channels: one an account, one a merchant, one for those who follow everything. A node listens to those
/// that its sockets give it an interest in.
enum Channel {
    static func account(_ id: UUID16) -> String { "a:\(id)" }
    static func merchant(_ id: UUID16) -> String { "m:\(id)" }
    static let everything = "everything"
    /// Ends of sessions, which every node listens to: it may have tokens of theirs cached.
    static let access = "access"
}

/// How many sockets of this node want a channel, and the subscription that serves them.
struct ChannelInterest {
    var sockets = 0
    var subscription: BusSubscription?
}

extension Gateway {
    // MARK: Publishing

    /// What a change brought: to this node's sockets at once, to the other nodes over the bus.
    func publish(events: [EventRecord], offers: [OfferRecord]) {
        for event in events {
            received(event)
            bus.publish(Self.channels(of: event), BusMessage.event(event).encoded(origin: origin))
            tellPeers(event)
        }
        for offer in offers {
            received(offer)
            bus.publish([Channel.account(offer.driverID)], BusMessage.offer(offer).encoded(origin: origin))
        }
    }

    func publish(access change: AccessChange) {
        received(change)
        bus.publish([Channel.access], BusMessage.access(change).encoded(origin: origin))
    }

    func publish(membership: MerchantMembership) {
        received(membership)
        bus.publish([Channel.account(membership.accountID)], BusMessage.membership(membership).encoded(origin: origin))
    }

    /// A push that may be lost, to every socket of these accounts and merchants.
    func publishVolatile(event: String, json: [UInt8], accounts: [UUID16], merchants: [UUID16]) {
        let message = BusMessage.volatile(event: event, json: json).encoded(origin: origin)
        for account in accounts { pushVolatile(event, json, to: self.accounts[account]) }
        for merchant in merchants { pushVolatile(event, json, to: self.merchants[merchant]) }
        bus.publish(accounts.map(Channel.account) + merchants.map(Channel.merchant), message)
    }

    private static func channels(of event: EventRecord) -> [String] {
        var channels = [Channel.account(event.customerID), Channel.merchant(event.merchantID), Channel.everything]
        if let driver = event.driverID { channels.append(Channel.account(driver)) }
        if let driver = event.previousDriverID, driver != event.driverID { channels.append(Channel.account(driver)) }
        return channels
    }

    // MARK: Listening

    /// What every node listens to, whoever is connected to it.
    func listenToAccess() {
        accessSubscription = bus.subscribe(Channel.access) { [weak self] in self?.heard($0, on: Channel.access) }
    }

    /// Takes an interest for one socket; returns when messages of the channels reach this node, or when Redis is away
    /// and the feed has to do (then the bus subscribes by itself once Redis is back).
    func listen(to names: [String], for socket: GatewaySocket) async {
        var awaited: [BusSubscription] = []
        for name in names {
            socket.busSubscriptions.append(name)
            var interest = channels[name] ?? ChannelInterest()
            interest.sockets += 1
            let subscription = interest.subscription ?? bus.subscribe(name, heardChannel)
            interest.subscription = subscription
            channels[name] = interest
            if !subscription.isConfirmed { awaited.append(subscription) }
        }
        for subscription in awaited {
            do {
                try await subscription.confirmed()
            } catch {
                counters.unconfirmedChannels.increment()
            }
        }
    }

    func endInterest(in channel: String) {
        guard var interest = channels[channel] else { return }
        interest.sockets -= 1
        if interest.sockets > 0 {
            channels[channel] = interest
        } else {
            interest.subscription?.cancel()
            channels[channel] = nil
        }
    }

    func heard(_ bytes: [UInt8], on channel: String) {
        guard let (sender, message) = BusMessage.decode(bytes) else {
            counters.malformedMessages.increment()
            return
        }
        // This node's own came to its sockets before it was published.
        guard sender != origin else { return }
        counters.messagesHeard.increment()
        switch message {
        case .event(let event):
            if channel == Channel.everything {
                offer(event, to: watchers)
            } else {
                offer(event, to: sockets(on: channel))
            }
        case .offer(let offer):
            offersHeard([offer])
            received(offer)
        case .access(let change): received(change)
        case .membership(let membership): received(membership)
        case .volatile(let event, let json): pushVolatile(event, json, to: sockets(on: channel))
        }
    }

    private func sockets(on channel: String) -> [GatewaySocket] {
        guard let id = UUID16(String(channel.dropFirst(2))) else { return [] }
        return (channel.hasPrefix("a:") ? accounts[id] : merchants[id]) ?? []
    }

    private func pushVolatile(_ event: String, _ json: [UInt8], to sockets: [GatewaySocket]?) {
        guard let sockets else { return }
        let frame = namespace.encode(event, json: json)
        let key = Self.coalescingKey(event, json)
        for socket in sockets where socket.isOpen { socket.socket.send(frame, coalescing: key) }
    }

    /// Of an order only the newest position counts.
    private static func coalescingKey(_ event: String, _ json: [UInt8]) -> String {
        guard let order = try? JSONScanner.member("orderId", in: json.span, 0..<json.count),
            let id = try? JSONScanner.string(json.span, order)
        else { return event }
        return event + id
    }
}
