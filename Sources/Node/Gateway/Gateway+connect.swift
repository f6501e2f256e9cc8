import Cluster
import Domain
import EventLoop
import Realtime
import Services
import Store
import Telemetry
import Wire

/// Where a socket begins: who it is, what it follows, what it missed.
///
/// The order of steps is what keeps events from falling between: the socket is known to the node and its channels are
/// confirmed before the statement whose snapshot says where it begins; what is heard of meanwhile waits for that.
extension Gateway {
    /// The namespace's middleware.
    ///
    /// - Parameter limit: sockets that one account may have, on all nodes as far as Redis tells, else on this one.
    func connect(
        _ socket: Socket, perAccount limit: Int, authenticate: @Loop (String) throws(ServiceError) -> Identity
    ) async throws(ConnectRefusal) {
        let request = try ConnectRequest(auth: socket.auth)
        let identity: Identity
        do {
            identity = try authenticate(request.token)
        } catch {
            throw .refused(error)
        }
        guard accounts[identity.account, default: []].count < limit else {
            counters.refusedByAccount.increment()
            throw .tooManyConnections
        }
        let member = GatewaySocket(identity: identity, socket: socket, at: timing.wallMilliseconds)
        socket.context = member
        add(member)
        do throws(ConnectRefusal) {
            if let all = await connections(of: identity.account), all > limit {
                counters.refusedByAccount.increment()
                throw .tooManyConnections
            }
            try await begin(member, request)
        } catch {
            remove(member)
            throw error
        }
    }

    /// Those of an account on all nodes, this node's told to the others by that.
    private func connections(of account: UUID16) async -> Int? {
        await connections?.note(accounts[account, default: []].count, of: account.description)
    }

    func noteConnections(of account: UUID16) {
        guard let connections else { return }
        let count = accounts[account, default: []].count
        Loop.start { await connections.note(count, of: account.description) }
    }

    private func begin(_ member: GatewaySocket, _ request: ConnectRequest) async throws(ConnectRefusal) {
        let identity = member.identity
        let view: ConnectView?
        var isForeign = false
        do throws(StoreError) {
            var channels = [Channel.account(identity.account)]
            if identity.role == .merchant {
                for merchant in try await store.merchants(of: identity.account) {
                    member.subscriber.joined(merchant: merchant)
                    add(member, toMerchant: merchant)
                    channels.append(.merchant(merchant))
                }
            }
            if member.socket.isRecovered, !(try await mayHaveRooms(member)) {
                isForeign = true
            } else {
                enterRooms(member, merchants: member.subscriber.merchants)
                if request.recovers { member.socket.join(SocketRoom.session(identity.session)) }
            }
            await listen(to: channels, for: member)
            view = try await store.connectView(
                account: identity.account, session: identity.session, named: request.after ?? [],
                resumes: request.after != nil)
        } catch {
            throw .unavailable
        }
        guard !isForeign else {
            // It comes back by itself, and then to a session of its own.
            member.socket.endRecovery()
            member.socket.closeConnection()
            throw .unavailable
        }
        guard let view, let snapshot = TransactionSnapshot(view.snapshot) else { throw .invalidToken }
        guard view.refusal == nil, view.role == identity.role else {
            member.socket.endRecovery()
            throw .revoked
        }
        guard !member.subscriber.earlyOverflowed else { throw .unavailable }
        // One that the account joined between the two statements.
        let joined = view.merchants.filter { !member.subscriber.merchants.contains($0) }
        for merchant in joined { add(member, toMerchant: merchant) }
        enterRooms(member, merchants: joined)
        member.opening = GatewaySocket.Opening(
            events: member.subscriber.connected(
                snapshot: snapshot, merchants: Set(view.merchants),
                catchUp: view.catchUp.map { Subscriber.Fill(order: $0.orderID, after: $0.after) },
                explicit: identity.role == .admin),
            offers: view.offers)
        await listen(to: joined.map(Channel.merchant), for: member)
    }

    /// The CONNECT reply is queued: from here on the socket is pushed to.
    func opened(_ socket: Socket) {
        guard let member = socket.context as? GatewaySocket, let opening = member.opening else { return }
        member.isOpen = true
        member.opening = nil
        for offer in opening.offers {
            counters.offersSent.increment()
            send("order_offer", offer.json, to: socket)
        }
        for offer in member.offers.connected(open: opening.offers) { self.offer(offer, to: member) }
        for event in opening.events { offer(event, to: member) }
        queueFill(member)
    }
}

/// What a client sent with CONNECT: `{token, after?: {orderId: seq, …}, recovery?}`.
struct ConnectRequest {
    let token: String
    /// The client may want to take this session up again, or does so.
    let recovers: Bool
    /// Nil when the client does not resume.
    let after: [(orderID: UUID16, seq: Int)]?

    init(auth: [UInt8]) throws(ConnectRefusal) {
        guard let value = try? JSONValue.parse(auth), let token = value["token"]?.stringValue else {
            throw .invalidToken
        }
        self.token = token
        recovers = value["recovery"]?.boolValue == true || value["pid"] != nil
        guard let after = value["after"], !after.isNull else {
            self.after = nil
            return
        }
        guard let members = after.objectValue else { throw .invalidAfter }
        guard members.count <= InputLimits.resumedOrders else { throw .tooManyOrders }
        var cursors: [(orderID: UUID16, seq: Int)] = []
        for member in members {
            guard let order = UUID16(member.name), let seq = member.value.integerValue, seq >= 0,
                seq <= Int64(Int32.max)
            else { throw .invalidAfter }
            cursors.append((orderID: order, seq: Int(seq)))
        }
        self.after = cursors
    }
}

extension ConnectRefusal {
    static let invalidToken = refusal("The token is not valid.", "TOKEN_INVALID")
    static let revoked = refusal("The session has ended.", "SESSION_REVOKED")
    static let tooManyOrders = refusal("At most 1000 orders can be resumed.", "TOO_MANY_ORDERS")
    static let tooManyConnections = refusal("The account has too many connections.", "TOO_MANY_CONNECTIONS")
    static let invalidAfter = refusal("after must map order ids to whole numbers.", "VALIDATION_FAILED")
    static let unavailable = refusal("The service cannot answer right now; try again.", "UNAVAILABLE")

    static func refused(_ error: ServiceError) -> ConnectRefusal { refusal(error.detail, error.code) }

    private static func refusal(_ message: String, _ code: String) -> ConnectRefusal {
        var writer = JSONWriter()
        writer.object { $0.field("code", code) }
        return ConnectRefusal(message: message, data: writer.bytes)
    }
}
