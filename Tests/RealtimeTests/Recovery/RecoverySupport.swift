import EventLoop
import TestSupport
import Testing

@testable import Realtime

/// A server of one node with a log in its memory, its time standing still.
@Loop struct RecoveryUnderTest {
    let tested: SocketsUnderTest
    let namespace: Namespace

    init(
        _ limits: RecoveryLimits = RecoveryLimits(), mode: RecoveryMode = .onRequest,
        _ change: (inout SocketServerOptions) -> Void = { _ in }
    ) throws {
        let timing = ManualTiming()
        tested = try SocketsUnderTest(timing: timing, recovery: LocalRecoveryLog(limits: limits, timing: timing)) {
            $0.recoveryMode = mode
            change(&$0)
        }
        namespace = tested.sockets.namespace("/")
        namespace.onConnect { $0.join("r") }
    }

    /// A client with a session: its socket's id, its pid.
    func join(_ auth: String = #"{"recovery":true}"#) async throws -> (client: SocketClient, sid: String, pid: String) {
        let client = try await SocketClient.open(tested.port)
        client.send("40" + auth)
        let reply = await client.next()
        return (client, Self.field("sid", reply) ?? "", Self.field("pid", reply) ?? "")
    }

    /// Connects with a pid and gives what came up to and with the CONNECT reply.
    func recover(
        _ pid: String, _ offset: String?, extra: String = ""
    ) async throws -> (client: SocketClient, lines: [String]) {
        let client = try await SocketClient.open(tested.port)
        let field = offset.map { #","offset":"\#($0)""# } ?? ""
        client.send("40" + #"{"pid":"\#(pid)"\#(field)\#(extra)}"#)
        var lines: [String] = []
        while !["40", "44", "en"].contains(lines.last?.prefix(2) ?? "") { lines.append(await client.next()) }
        return (client, lines)
    }

    nonisolated static func field(_ name: String, _ packet: String) -> String? {
        guard let found = packet.firstRange(of: "\"\(name)\":\"") else { return nil }
        return String(packet[found.upperBound...].prefix { $0 != "\"" })
    }

    /// What stands behind the last comma, without quotes and brackets.
    nonisolated static func lastElement(_ packet: String) -> String {
        String(packet.split(separator: ",").last?.dropLast() ?? "").filter { $0 != "\"" }
    }
}

extension String {
    /// Without the offset behind the arguments.
    var withoutOffset: String {
        guard let comma = lastIndex(of: ",") else { return self }
        return self[..<comma] + "]"
    }
}
