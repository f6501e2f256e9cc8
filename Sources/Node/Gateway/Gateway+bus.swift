import Cluster
import Domain
import EventLoop
import Realtime
import Store
import Telemetry
import Wire

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
            publish(BusMessage.event(event), to: Self.channels(of: event))
            tellPeers(event)
        }
        for offer in offers {
            received(offer)
            publish(BusMessage.offer(offer), to: [.account(offer.driverID)])
        }
    }

    func publish(access change: AccessChange) {
        received(change)
        publish(BusMessage.access(change), to: [.access])
    }

    func publish(membership: MerchantMembership) {
        received(membership)
        publish(BusMessage.membership(membership), to: [.account(membership.accountID)])
    }

    /// A push that may be lost, to every socket of these accounts and merchants.
    func publishVolatile(event: String, json: [UInt8], accounts: [UUID16], merchants: [UUID16]) {
        for account in accounts { pushVolatile(event, json, to: self.accounts[account]) }
        for merchant in merchants { pushVolatile(event, json, to: self.merchants[merchant]) }
        publish(
            BusMessage.volatile(event: event, json: json),
            to: accounts.map(Channel.account) + merchants.map(Channel.merchant))
    }

    private func publish(_ message: BusMessage, to channels: [Channel]) {
        bus.publish(channels.map(\.name), message.encoded(origin: origin))
    }

    private static func channels(of event: EventRecord) -> [Channel] {
        var channels = [Channel.account(event.customerID), .merchant(event.merchantID), .everything]
        if let driver = event.driverID { channels.append(.account(driver)) }
        if let driver = event.previousDriverID, driver != event.driverID { channels.append(.account(driver)) }
        return channels
    }

    // MARK: Listening

    /// What every node listens to, whoever is connected to it.
    func listenToAccess() {
        accessSubscription = bus.subscribe(Channel.access.name) { [weak self] in self?.heard($0, on: .access) }
    }

    /// Takes an interest for one socket; returns when messages of the channels reach this node, or when Redis is away
    /// and the feed has to do (then the bus subscribes by itself once Redis is back).
    func listen(to wanted: [Channel], for socket: GatewaySocket) async {
        var awaited: [BusSubscription] = []
        for channel in wanted {
            socket.listens(to: channel)
            var interest = channels[channel] ?? ChannelInterest()
            interest.sockets += 1
            let subscription = interest.subscription ?? bus.subscribe(channel.name, heardChannel)
            interest.subscription = subscription
            channels[channel] = interest
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

    func endInterest(in channel: Channel) {
        guard var interest = channels[channel] else { return }
        interest.sockets -= 1
        if interest.sockets > 0 {
            channels[channel] = interest
        } else {
            interest.subscription?.cancel()
            channels[channel] = nil
        }
    }

    func heard(_ bytes: [UInt8], on channel: Channel) {
        guard let (sender, message) = BusMessage.decode(bytes) else {
            counters.malformedMessages.increment()
            return
        }
        // This node's own came to its sockets before it was published.
        guard sender != origin else { return }
        counters.messagesHeard.increment()
        switch message {
        case .event(let event):
            offer(event, to: sockets(on: channel))
        case .offer(let offer):
            offersHeard([offer])
            received(offer)
        case .access(let change): received(change)
        case .membership(let membership): received(membership)
        case .volatile(let event, let json): pushVolatile(event, json, to: sockets(on: channel))
        }
    }

    private func sockets(on channel: Channel) -> [GatewaySocket] {
        switch channel {
        case .account(let id): accounts[id] ?? []
        case .merchant(let id): merchants[id] ?? []
        case .everything: watchers
        case .access: []
        }
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
