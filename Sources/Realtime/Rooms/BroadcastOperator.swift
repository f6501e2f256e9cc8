public import EventLoop

/// Collects who gets the next broadcast: `namespace.to("a").except("b").volatile.emit("e", json: …)`.
@Loop public struct BroadcastOperator {
    let namespace: Namespace
    var target: BroadcastTarget
    var flags: BroadcastFlags = []

    /// Adds rooms: who is in one of them gets it, once. Without any, everybody does.
    public func to(_ rooms: String...) -> BroadcastOperator { to(rooms) }

    /// Adds rooms.
    public func to(_ rooms: [String]) -> BroadcastOperator {
        var copy = self
        copy.target.rooms += rooms
        return copy
    }

    /// Adds rooms whose members do not get it.
    public func except(_ rooms: String...) -> BroadcastOperator { except(rooms) }

    /// Adds rooms whose members do not get it.
    public func except(_ rooms: [String]) -> BroadcastOperator {
        var copy = self
        copy.target.except += rooms
        return copy
    }

    /// A client that is behind right now does not get it.
    public var volatile: BroadcastOperator {
        var copy = self
        copy.flags.insert(.volatile)
        return copy
    }

    /// False sends the event as it is, where others would be compressed.
    public func compress(_ compresses: Bool) -> BroadcastOperator {
        var copy = self
        if compresses { copy.flags.remove(.uncompressed) } else { copy.flags.insert(.uncompressed) }
        return copy
    }

    /// This node's sockets only.
    public var local: BroadcastOperator {
        var copy = self
        copy.flags.insert(.local)
        return copy
    }

    /// `json`: raw JSON of the arguments, comma separated. `attachments`: at most 10, referred to in `json` as
    /// `{"_placeholder":true,"num":n}`.
    public func emit(_ event: String, json: [UInt8] = [], attachments: [[UInt8]] = []) {
        let packet = BroadcastPacket(
            target: target, flags: flags, event: event, json: json, attachments: attachments)
        if flags.contains(.local) {
            namespace.deliver(packet)
        } else {
            namespace.publish(packet)
        }
    }

    /// As `emit`, asking each client for an acknowledgement; returns when all have come, or after `timeout`.
    public func request(
        _ event: String, json: [UInt8] = [], attachments: [[UInt8]] = [], within timeout: Duration
    ) async -> BroadcastAnswers {
        let packet = BroadcastPacket(
            target: target, flags: flags, event: event, json: json, attachments: attachments)
        return await namespace.server.adapter.broadcast(packet, acknowledgedWithin: timeout, in: namespace)
    }

    /// Puts the target's sockets of every node into the rooms; those that are in as many as allowed stay out.
    public func socketsJoin(_ rooms: String...) {
        namespace.server.adapter.join(target, rooms: rooms, in: namespace)
    }

    /// Takes the target's sockets of every node out of the rooms.
    public func socketsLeave(_ rooms: String...) {
        namespace.server.adapter.leave(target, rooms: rooms, in: namespace)
    }

    /// `close` also ends the connections under the sockets.
    public func disconnectSockets(close: Bool = false) {
        namespace.server.adapter.disconnect(target, close: close, in: namespace)
    }

    /// Ids of the sockets in any of the rooms; what is excepted is not looked at.
    public func socketIDs() async -> GatheredAnswers<String> {
        await namespace.server.adapter.socketIDs(target.rooms, in: namespace)
    }

    /// The target's sockets on every node that answers, and who did not; returns after a bounded time.
    public func fetchSockets() async -> FetchedSockets {
        await namespace.server.adapter.fetchSockets(target, in: namespace)
    }
}
