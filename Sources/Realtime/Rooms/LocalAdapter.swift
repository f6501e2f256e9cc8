public import EventLoop

/// One node alone.
@Loop public final class LocalAdapter: Adapter {
    public nonisolated init() {}

    public func opened(_ namespace: Namespace) {}
    public func closed(_ namespace: Namespace) {}
    public func roomOpened(_ room: String, in namespace: Namespace) {}
    public func roomClosed(_ room: String, in namespace: Namespace) {}
    public func confirm(_ room: String, in namespace: Namespace) async throws(AdapterError) {}

    public func broadcast(_ packet: BroadcastPacket, in namespace: Namespace) {
        namespace.deliver(packet)
    }

    public func join(_ target: BroadcastTarget, rooms: [String], in namespace: Namespace) {
        namespace.deliverJoin(target, rooms: rooms)
    }

    public func leave(_ target: BroadcastTarget, rooms: [String], in namespace: Namespace) {
        namespace.deliverLeave(target, rooms: rooms)
    }

    public func disconnect(_ target: BroadcastTarget, close: Bool, in namespace: Namespace) {
        namespace.deliverDisconnect(target, close: close)
    }

    public func fetchSockets(_ target: BroadcastTarget, in namespace: Namespace) async -> FetchedSockets {
        FetchedSockets(sockets: namespace.describe(target))
    }

    public func serverSideEmit(_ event: String, json: [UInt8], in namespace: Namespace) {}
}
