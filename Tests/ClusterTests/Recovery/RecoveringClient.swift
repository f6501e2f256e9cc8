import EventLoop

/// A client that keeps its pid and its last offset over connections, as the official one does.
@Loop
final class RecoveringClient {
    private(set) var pid = ""
    private(set) var offset = ""
    private(set) var id = ""
    private(set) var isRecovered = false
    /// Numbers in the events that came, over all connections.
    private(set) var values: [Int] = []
    private(set) var freshSessions = 0
    private var link: PollingClient?
    private var seen = 0
    var isConnected: Bool { link != nil }

    func connect(_ port: Int) async throws {
        let recovery = pid.isEmpty ? "" : #""pid":"\#(pid)""# + (offset.isEmpty ? "" : #","offset":"\#(offset)""#)
        let link = try await PollingClient.connect(port, auth: "{\(recovery)}")
        seen = 0
        let reply = link.packets.firstIndex { $0.hasPrefix("0{") } ?? 0
        let former = pid
        pid = Self.field("pid", link.packets[reply])
        id = Self.field("sid", link.packets[reply])
        isRecovered = pid == former && !pid.isEmpty
        if !isRecovered {
            freshSessions += 1
            offset = ""
        }
        self.link = link
        take()
    }

    private static func field(_ name: String, _ packet: String) -> String {
        guard let found = packet.firstRange(of: "\"\(name)\":\"") else { return "" }
        return String(packet[found.upperBound...].prefix { $0 != "\"" })
    }

    /// Polls until an event with this number has come, or the connection has ended.
    func wait(for value: Int) async {
        while !values.contains(value), let link {
            let before = link.packets.count
            await link.packet { _ in link.packets.count > before || link.isClosed }
            take()
            if link.isClosed { drop() }
        }
    }

    /// `2["e",7,"offset"]`
    private func take() {
        guard let link else { return }
        for packet in link.packets[seen...] where packet.hasPrefix("2[") {
            let parts = packet.dropFirst(2).dropLast().split(separator: ",")
            guard parts.count >= 2, let value = Int(parts[1]) else { continue }
            values.append(value)
            if parts.count == 3 { offset = parts[2].filter { $0 != "\"" } }
        }
        seen = link.packets.count
    }

    func drop() {
        link?.close()
        link = nil
    }
}
