public import EventLoop
public import Redis

/// Who is in the cluster, for people and for finding one another. Nothing that must be right depends on it: who lives is
/// decided by links and by PostgreSQL. Each node's entry in Redis expires unless it is written again.
@Loop
public final class Membership {
    /// Between two reports.
    public static let interval: Duration = .seconds(1)
    /// A node that has not reported for so long is not listed. Several intervals, so that a hiccup does not show.
    public static let lifetimeMilliseconds: Int64 = 5_000

    /// This node as it is now.
    public var current: Member { describe() }

    /// Everybody by name, this node too. Without Redis the others are those known last.
    public private(set) var members: [Member] = []
    /// Whether Redis answered the last report.
    public private(set) var isCurrent = false
    /// After each report that changed who is there (by name and epoch).
    public var onChange: @Loop ([Member]) -> Void = { _ in }
    /// After each report that Redis answered.
    public var onReport: @Loop ([Member]) -> Void = { _ in }
    /// Wait for a report that begins after they asked.
    private var refreshers: [CheckedContinuation<Void, Never>] = []

    private let client: RedisClient
    private let timing: any Timing
    private let describe: @Loop () -> Member
    private var timer: ScheduledTimer?
    private var isRunning = false
    private var isReporting = false

    /// - Parameter describe: this node as it is now; name and epoch never change.
    public init(client: RedisClient, timing: any Timing, describe: @escaping @Loop () -> Member) {
        self.client = client
        self.timing = timing
        self.describe = describe
    }

    /// Reports at once and then each second. Nothing while it runs already.
    public func start() {
        guard !isRunning else { return }
        isRunning = true
        tick()
    }

    /// Ends the reports and takes the entry back, so that others need not wait for its end. Before `start` and the second
    /// time: nothing.
    public func stop() async {
        guard isRunning else { return }
        isRunning = false
        timer?.cancel()
        let name = describe().name
        client.send(["ZREM", Self.namesKey, .text(name)])
        // Redis being away, the entry ends by itself.
        _ = try? await client.command(["DEL", .text(Self.entryPrefix + name)])
    }

    /// Reports anew and returns when Redis has answered, or an interval has passed without an answer. Nothing while not
    /// running.
    public func refresh() async {
        guard isRunning else { return }
        await withCheckedContinuation { continuation in
            refreshers.append(continuation)
            if !isReporting { begin() }
        }
    }

    private static let namesKey: RedisArgument = "lm:nodes"
    private static let entryPrefix = "lm:node:"

    private func tick() {
        timer = timing.after(Self.interval) { [weak self] in self?.tick() }
        if !isReporting { begin() }
    }

    private func begin() {
        isReporting = true
        Loop.start { [self] in
            repeat {
                let waiting = refreshers
                refreshers = []
                await report()
                for refresher in waiting { refresher.resume() }
            } while !refreshers.isEmpty
            isReporting = false
        }
    }

    private func report() async {
        let own = describe()
        do throws(RedisError) {
            let reply = try await client.evaluate(
                Scripts.announceMember, keys: [Self.namesKey, .text(Self.entryPrefix + own.name)],
                arguments: [.text(own.name), .text(Self.entryPrefix), .integer(Self.lifetimeMilliseconds)]
                    + own.fields.flatMap { [.text($0.name), .text($0.value)] },
                timeout: Self.interval)
            isCurrent = true
            update((reply.elements ?? []).compactMap(Self.member))
            onReport(members)
        } catch {
            isCurrent = false
            update(members.filter { $0.name != own.name } + [own])
        }
    }

    private func update(_ list: [Member]) {
        let before = members
        members = list.sorted { $0.name < $1.name }
        let isSame =
            before.count == members.count
            && zip(before, members).allSatisfy { $0.name == $1.name && $0.epoch == $1.epoch }
        if !isSame { onChange(members) }
    }

    private static func member(_ reply: RedisReply) -> Member? {
        let words = reply.elements?.compactMap(\.text) ?? []
        var fields: [String: String] = [:]
        for index in stride(from: 0, to: words.count - 1, by: 2) { fields[words[index]] = words[index + 1] }
        return Member(fields: fields)
    }
}
