import EventLoop
public import Realtime
import Redis
import Wire

/// What this node asks of the others. What arrived is returned with the names of those who did not answer; nobody is waited
/// for who does not follow the channel of requests, so that a dead node costs no time.
extension RedisAdapter {
    public func fetchSockets(_ target: BroadcastTarget, in namespace: Namespace) async -> FetchedSockets {
        var found = FetchedSockets(sockets: namespace.describe(target))
        let missing = await ask(.fetch(PeerTarget(target)), namespace) { body in
            guard case .sockets(let sockets) = body else { return }
            found.sockets += sockets.map {
                SocketDescription(
                    id: $0.id, rooms: $0.rooms, remoteAddress: Self.address(of: $0), handshake: $0.handshake,
                    data: $0.data)
            }
        }
        found.missingNodes = missing.nodes
        found.missingPeers = missing.peers
        return found
    }

    public func socketIDs(_ rooms: [String], in namespace: Namespace) async -> GatheredAnswers<String> {
        var found = namespace.socketIDs(in: rooms)
        let missing = await ask(.sockets(rooms: rooms), namespace) { body in
            if case .identifiers(let identifiers) = body { found += identifiers }
        }
        return GatheredAnswers(values: found, missingNodes: missing.nodes, missingPeers: missing.peers)
    }

    public func allRooms(in namespace: Namespace) async -> GatheredAnswers<String> {
        var found = Set(namespace.roomsWithIDs)
        let missing = await ask(.allRooms, namespace) { body in
            if case .rooms(let rooms) = body { found.formUnion(rooms) }
        }
        return GatheredAnswers(values: Array(found), missingNodes: missing.nodes, missingPeers: missing.peers)
    }

    public func serverSideRequest(
        _ event: String, json: [UInt8], within timeout: Duration, in namespace: Namespace
    ) async -> GatheredAnswers<[UInt8]> {
        var found: [[UInt8]] = []
        let missing = await ask(.serverSideEmit(event: event, json: json), namespace, timeout) { body in
            if case .serverSideAnswer(let value) = body { found.append(value) }
        }
        return GatheredAnswers(values: found, missingNodes: missing.nodes, missingPeers: missing.peers)
    }

    public func broadcast(
        _ packet: BroadcastPacket, acknowledgedWithin timeout: Duration, in namespace: Namespace
    ) async -> BroadcastAnswers {
        let result = Gathering()
        let event = PeerEvent(name: packet.event, json: packet.json, attachments: packet.attachments)
        let id = Self.makeID()
        let message = try? PeerRequest.encodeBroadcast(
            event, namespace: namespace.name, uid: uid, id: id, node: nodeName, target: PeerTarget(packet.target),
            timeoutMilliseconds: Int(timeout / .milliseconds(1)))
        guard !packet.flags.contains(.local), let own = channels[namespace.name], let message else {
            if message == nil { statistics.unencodable += 1 }
            return await LocalAdapter().broadcast(packet, acknowledgedWithin: timeout, in: namespace)
        }
        let question = Question(missing: askedNodes(), silent: silentNodes()) { body in
            switch body {
            case .clientCount(let count): result.answers.clients += count
            case .acknowledgement(let json, let attachments):
                result.answers.answers.append(ClientAnswer(json: json, attachments: attachments))
            default: break
            }
        } isFulfilled: {
            result.answers.answers.count + result.withoutAnswer >= result.answers.clients
        }
        result.answers.clients += namespace.deliver(packet, within: timeout) { [weak self, weak question] given in
            switch given {
            case .success(let answer): result.answers.answers.append(answer.first)
            case .failure: result.withoutAnswer += 1
            }
            if let question { self?.check(question) }
        }
        let missing = await ask(question, id: id, message, own, timeout)
        result.answers.missingNodes = missing.nodes
        result.answers.missingPeers = missing.peers
        return result.answers
    }

    private final class Gathering {
        var answers = BroadcastAnswers()
        /// Local clients that went away or took too long.
        var withoutAnswer = 0
    }

    // MARK: Asking

    private typealias Missing = (nodes: [String], peers: Int)

    /// As `fetchSockets` of official servers tells it.
    private static func address(of socket: PeerSocket) -> String {
        (try? JSONValue.parse(socket.handshake))?["address"]?.stringValue ?? ""
    }

    private static func makeID() -> String { String(UInt64.random(in: .min ... .max), radix: 36) }

    private func askedNodes() -> Set<String> { Set(others()).subtracting([nodeName]) }
    private func silentNodes() -> Set<String> { Set(silent()).subtracting([nodeName]).subtracting(others()) }

    private func ask(
        _ body: PeerRequest.Body, _ namespace: Namespace, _ timeout: Duration = RedisAdapter.fetchTimeout,
        take: @escaping (PeerResponse.Body) -> Void
    ) async -> Missing {
        guard let own = channels[namespace.name] else { return ([], 0) }
        let id = Self.makeID()
        let message = PeerRequest(uid: uid, id: id, node: nodeName, body: body).encoded()
        return await ask(
            Question(missing: askedNodes(), silent: silentNodes(), take: take) { true }, id: id, message, own, timeout)
    }

    private func ask(
        _ question: Question, id: String, _ message: [UInt8], _ own: NamespaceChannels, _ timeout: Duration
    ) async -> Missing {
        let isSent =
            bus.isUp && questions.count < Self.questionLimit && bus.publish(foreign: own.request, message)
        if isSent {
            questions[id] = question
            question.timer = timing.after(timeout) { question.end() }
            Loop.start { [bus] in
                let isFollowing = own.common.allSatisfy(\.isConfirmed)
                do throws(RedisError) {
                    let followers = try await bus.followers(of: own.request, timeout: timeout)
                    question.followers = max(0, followers - (isFollowing ? 1 : 0))
                    self.check(question)
                } catch {
                    // The nodes that are known by name are all that can be said to be missing.
                    question.followers = nil
                }
            }
        } else {
            // Nobody else can be asked; the clients here still are.
            question.followers = 0
            question.timer = timing.after(timeout) { question.end() }
            check(question)
        }
        await question.over()
        questions[id] = nil
        let missing = (question.missingNodes, question.missingPeers)
        if !missing.0.isEmpty || missing.1 > 0 { statistics.incomplete += 1 }
        return missing
    }

    private func check(_ question: Question) {
        if question.isAnswered { return question.end() }
        guard question.isAnsweredButForSilent, !question.isEnding else { return }
        question.isEnding = true
        _ = timing.after(Self.graceForPeers) { question.end() }
    }

    /// When only nodes that their links call dead seem to be missing: for a server without a name that takes a little
    /// longer than the nodes.
    static let graceForPeers: Duration = .milliseconds(100)

    // MARK: Answers

    func receivedResponse(_ message: [UInt8]) {
        guard message.count <= Self.messageLimit else { return malformed() }
        do throws(WireError) {
            let response = try PeerResponse.decode(message.span)
            // On the common channel there are answers to questions of others, too.
            guard let question = questions[response.id], !question.isOver else { return }
            question.bytes += message.count + Self.answerOverhead
            guard question.bytes <= Self.answerLimit else { return question.end() }
            if case .acknowledgement = response.body {
                question.take(response.body)
            } else if question.note(response.node) {
                question.take(response.body)
            }
            check(question)
        } catch {
            malformed()
        }
    }

    /// What keeping one answer costs besides its bytes, about.
    private static let answerOverhead = 128
}
