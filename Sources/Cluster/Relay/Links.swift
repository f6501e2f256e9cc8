import Crypto
public import EventLoop
public import Realtime

/// The connections that nodes keep to one another, over which any node answers for any session: the id says whose it is,
/// the link whether that process lives. Redis only helps to find nodes; what is known goes on without it.
///
/// Each node calls each other one. A link that refuses, breaks or is silent is dead: what is open on it is answered
/// `Session ID unknown` at once, and so is what comes until it lives again; the clients begin new sessions. Nothing is
/// sent twice. Owners end what a dead link held, as if its clients had gone.
@Loop public final class Links: SessionRelay {
    public internal(set) var statistics = RelayStatistics()
    /// What this node says of itself with each answer to a heartbeat; nil: nothing.
    public var describe: (@Loop () -> Member)?
    /// What another node said so, each second while the link to it lives.
    public var onHeard: @Loop (Member) -> Void = { _ in }
    let options: LinkOptions
    let timing: any Timing
    let key: [UInt8]
    private let process: SessionOwner
    private let lookUp: @Loop () async -> Void
    private(set) weak var server: HTTPServer?
    private var listener: Listener?
    private var peers: [SessionOwner: Peer] = [:]
    private var listed: Set<SessionOwner> = []
    private var incoming: [ObjectIdentifier: IncomingLink] = [:]
    private var strangers: [(owner: SessionOwner, work: any OutgoingWork)] = []
    private var isLookingUp = false
    private var isStopped = false

    /// - Parameters:
    ///   - secret: shared by the cluster, as of the session ids.
    ///   - lookUp: asks anew who there is; `update` is called by the time it returns. Bounded in time.
    public init(
        process: SessionOwner, secret: [UInt8], options: LinkOptions = LinkOptions(),
        timing: any Timing = SystemTiming.shared, lookUp: @escaping @Loop () async -> Void
    ) throws(ClusterError) {
        do throws(CryptoError) {
            key = try LinkGreeting.key(secret: secret)
        } catch {
            throw .unavailable
        }
        self.process = process
        self.options = options
        self.timing = timing
        self.lookUp = lookUp
    }

    /// Takes links, and serves what comes over them with `server`'s sessions.
    public func listen(for server: HTTPServer) throws(LoopError) {
        self.server = server
        listener = try Listener.tcp(host: options.host, port: options.port) { [unowned self] in accept($0) }
    }

    /// Where others reach this process; port 0 before `listen`.
    public var own: LinkAddress {
        LinkAddress(owner: process, host: options.advertisedHost ?? options.host, port: listener?.port ?? 0)
    }

    /// Names of the other nodes that live.
    public var alive: [String] { peers.values.filter(\.isAlive).map(\.address.owner.name).sorted() }

    /// The other processes that live.
    public var aliveProcesses: [SessionOwner] { peers.values.filter(\.isAlive).map(\.address.owner) }

    /// Whether the link to this process lives.
    public func isAlive(_ owner: SessionOwner) -> Bool { peers[owner]?.isAlive ?? false }

    public var aliveCount: Int { peers.values.count(where: \.isAlive) }

    /// Everybody there is, as far as anybody knows. Who is missing is kept while the link to it lives.
    public func update(_ list: [LinkAddress]) {
        guard !isStopped else { return }
        listed = Set(list.map(\.owner))
        for address in list { learn(address) }
        for peer in peers.values where !peer.isAlive && !isWorthCalling(peer) { forget(peer) }
    }

    /// Closes everything; what is open is answered `Session ID unknown`.
    public func stop() {
        guard !isStopped else { return }
        isStopped = true
        listener?.close()
        for link in incoming.values { link.end(flushing: true) }
        for peer in peers.values { peer.stop() }
        peers = [:]
        let strangers = strangers
        self.strangers = []
        for stranger in strangers { stranger.work.refuse() }
    }

    // MARK: Requests

    public func relay(_ request: ForeignRequest) {
        let work: any OutgoingWork =
            request.asksForWebSocket
            ? RelayedUpgrade(request, links: self) : OutgoingRequest(request, links: self)
        if let peer = peers[request.owner] { return peer.take(work) }
        guard !isStopped else { return work.refuse() }
        guard strangers.count < LinkOptions.maximumWaiting else { return work.refuseOverload() }
        // It may have come to be since the last report.
        strangers.append((request.owner, work))
        guard !isLookingUp else { return }
        isLookingUp = true
        Loop.start { [self] in await meet() }
    }

    private func meet() async {
        while !strangers.isEmpty {
            let asked = strangers.count
            await lookUp()
            let met = strangers.prefix(asked)
            strangers.removeFirst(met.count)
            for (owner, work) in met {
                if let peer = peers[owner] { peer.take(work) } else { work.refuse() }
            }
        }
        isLookingUp = false
    }

    // MARK: Who there is

    private func learn(_ address: LinkAddress) {
        guard address.owner != process, address.port != 0 else { return }
        if let known = peers[address.owner] {
            guard known.address != address, !known.isAlive else { return }
            forget(known)
        }
        peers[address.owner] = Peer(address, links: self)
    }

    private func forget(_ peer: Peer) {
        peers.removeValue(forKey: peer.address.owner)
        peer.stop()
    }

    /// Whether a process without a link is still there, as far as anybody says.
    func isWorthCalling(_ peer: Peer) -> Bool {
        let owner = peer.address.owner
        let isWorthIt = listed.contains(owner) || incoming.values.contains { $0.caller == owner }
        if !isWorthIt, peers[owner] === peer { peers.removeValue(forKey: owner) }
        return isWorthIt
    }

    /// Nobody speaks for another.
    func heard(_ member: Member, from owner: SessionOwner) {
        guard member.name == owner.name, UInt64(member.epoch, radix: 16) == owner.epoch else { return }
        onHeard(member)
    }

    // MARK: Links of others

    private func accept(_ stream: Stream) {
        guard !isStopped, incoming.values.count(where: { $0.caller == nil }) < LinkOptions.maximumGreetings else {
            return stream.close(.named("too many greetings"))
        }
        let link = IncomingLink(stream: stream, links: self)
        incoming[ObjectIdentifier(link)] = link
    }

    func greeted(_ link: IncomingLink, _ address: LinkAddress) {
        learn(address)
    }

    func ended(_ link: IncomingLink) {
        incoming.removeValue(forKey: ObjectIdentifier(link))
    }
}
