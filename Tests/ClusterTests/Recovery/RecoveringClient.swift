import EventLoop
import TestSupport
import Testing

/// A client that keeps its pid and its last offset over connections, as the official one does.
@Loop
final class RecoveringClient {
    private(set) var pid = ""
    private(set) var offset = ""
    private(set) var id = ""
    private(set) var isRecovered = false
    /// Numbers in the events that came, over all connections.
    private(set) var values: [Int] = []
    /// The texts that came in other events.
    private(set) var texts: [String] = []
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

    /// The same while a log's clock goes on, by which it asks Redis again.
    func connect(_ port: Int, advancing beats: ManualTiming) async throws {
        let ended = Occurrences()
        Loop.start {
            try? await self.connect(port)
            ended.note()
        }
        while !isConnected {
            beats.advance(by: .milliseconds(10))
            try await SystemTiming.shared.sleep(for: .milliseconds(2))
        }
        await ended.reach(1)
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
            if parts.count == 3 { offset = parts[2].filter { $0 != "\"" } }
            guard parts.count >= 2 else { continue }
            if let value = Int(parts[1]) { values.append(value) } else { texts.append(parts[1].filter { $0 != "\"" }) }
        }
        seen = link.packets.count
    }

    func drop() {
        link?.close()
        link = nil
    }
}
