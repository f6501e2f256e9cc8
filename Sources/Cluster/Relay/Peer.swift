import EventLoop
import Realtime

/// Another process of the cluster, as this node's requests reach it: called again and again while it is worth it.
@Loop final class Peer {
    private enum State {
        /// Called for the first time: what wants to go there waits for the outcome.
        case new
        case alive
        /// Refused, silent, or gone: what wants to go there is refused at once.
        case dead
    }

    let address: LinkAddress
    private let links: Links
    private var state = State.new
    private(set) var link: OutgoingLink?
    private var waiting: [any OutgoingWork] = []
    private var upgrades: [ObjectIdentifier: RelayedUpgrade] = [:]
    private var call: Task<Void, Never>?
    private var redial: ScheduledTimer?
    private var isStopped = false

    init(_ address: LinkAddress, links: Links) {
        self.address = address
        self.links = links
        dial()
    }

    var isAlive: Bool { state == .alive }

    func take(_ work: any OutgoingWork) {
        switch state {
        case .alive:
            work.begin(at: self)
        case .dead:
            work.refuse()
        case .new:
            guard waiting.count < LinkOptions.maximumWaiting else { return work.refuseOverload() }
            waiting.append(work)
        }
    }

    // MARK: Upgrades

    /// False: too many.
    func add(_ upgrade: RelayedUpgrade) -> Bool {
        guard upgrades.count < LinkOptions.maximumUpgrades else { return false }
        upgrades[ObjectIdentifier(upgrade)] = upgrade
        return true
    }

    func remove(_ upgrade: RelayedUpgrade) {
        upgrades.removeValue(forKey: ObjectIdentifier(upgrade))
    }

    // MARK: Life

    private func dial() {
        guard !isStopped else { return }
        call = Loop.start { [weak self, address, links] in
            do throws(LoopError) {
                let stream = try await Stream.connect(
                    host: address.host, port: address.port, timeout: links.options.silence)
                guard let self, !self.isStopped else { return stream.close(.local) }
                self.link = OutgoingLink(stream: stream, peer: self, links: links)
            } catch {
                self?.failed()
            }
        }
    }

    func linkLives() {
        state = .alive
        let waiting = waiting
        self.waiting = []
        for work in waiting { work.begin(at: self) }
    }

    func linkEnded(_ ended: OutgoingLink) {
        guard link === ended else { return }
        link = nil
        failed()
    }

    private func failed() {
        state = .dead
        let waiting = waiting
        self.waiting = []
        let upgrades = upgrades
        self.upgrades = [:]
        for work in waiting { work.refuse() }
        for upgrade in upgrades.values { upgrade.ownerDied() }
        guard !isStopped, links.isWorthCalling(self) else { return }
        redial = links.timing.after(links.options.redial) { [weak self] in self?.dial() }
    }

    func stop() {
        isStopped = true
        redial?.cancel()
        call?.cancel()
        if let link { link.end() } else { failed() }
    }
}
