import EventLoop

/// One connection: commands out, replies in, no memory of which reply belongs to what. Commands of one loop turn leave
/// in one write, because the stream coalesces.
@Loop
final class RedisLink: StreamHandler {
    /// Each reply in order. Not called after `close`.
    var onReply: (RedisReply) -> Void = { _ in }
    /// Once, last, unless this side closed; with the reason.
    var onClosed: (RedisError) -> Void = { _ in }
    /// When bytes last came.
    private(set) var lastReceived: LoopTime

    private let stream: Stream
    private let timing: any Timing
    private var reader = ReplyReader()
    private var isClosed = false

    private init(stream: Stream, outputLimit: Int, timing: any Timing) {
        self.stream = stream
        self.timing = timing
        lastReceived = timing.now
        // The users of a link refuse commands beyond the limit, so the stream's own is only met by one huge command.
        stream.outputLimit = outputLimit * 2
        stream.handler = self
    }

    /// Connects, authenticates and learns who answers, all within `connectTimeout`.
    static func open(
        _ configuration: RedisConfiguration, timing: any Timing
    ) async throws(RedisError) -> (link: RedisLink, greeting: Greeting) {
        let started = timing.now
        let stream: Stream
        do {
            switch configuration.address {
            case .tcp(let host, let port):
                stream = try await Stream.connect(host: host, port: port, timeout: configuration.connectTimeout)
            case .unix(let path):
                stream = try await Stream.connect(unixPath: path, timeout: configuration.connectTimeout)
            }
        } catch {
            throw .unavailable
        }
        let link = RedisLink(stream: stream, outputLimit: configuration.outputLimit, timing: timing)
        let deadline = timing.after(configuration.connectTimeout - (timing.now - started)) { [weak link] in
            link?.fail(.timedOut)
        }
        defer { deadline.cancel() }
        do {
            return (link, try await link.greet(configuration))
        } catch {
            link.close()
            throw error
        }
    }

    /// Bytes that the kernel has not taken yet.
    var queuedBytes: Int { stream.queuedBytes }

    func send(_ arguments: [RedisArgument]) {
        guard !isClosed else { return }
        stream.withOutput { CommandEncoder.append(arguments, to: &$0) }
    }

    /// Closes at once and in silence.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        stream.close(.local)
    }

    /// Lets what was sent leave, then closes, in silence.
    func closeAfterFlush() {
        guard !isClosed else { return }
        isClosed = true
        stream.closeAfterFlush()
    }

    /// Closes at once and reports it.
    func fail(_ error: RedisError) {
        guard !isClosed else { return }
        close()
        onClosed(error)
    }

    private func greet(_ configuration: RedisConfiguration) async throws(RedisError) -> Greeting {
        let commands = Greeting.commands(for: configuration)
        var replies: [RedisReply] = []
        let outcome: Result<Void, RedisError> = await withCheckedContinuation { continuation in
            // Whichever comes first ends it: the connection may close between the last reply and our return.
            let end: @Loop (Result<Void, RedisError>) -> Void = { [weak self] result in
                self?.onReply = { _ in }
                self?.onClosed = { _ in }
                continuation.resume(returning: result)
            }
            onReply = { [weak self] reply in
                guard let self else { return }
                if case .error(let code, let message) = reply, commands[replies.count].required {
                    return fail(.server(code: code, message: message))
                }
                replies.append(reply)
                if replies.count == commands.count { end(.success(())) }
            }
            onClosed = { end(.failure($0)) }
            for command in commands { send(command.arguments) }
        }
        try outcome.get()
        guard !isClosed else { throw .connectionLost }
        return try Greeting(replies: replies)
    }

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        guard !isClosed else { return }
        lastReceived = timing.now
        do {
            try reader.feed(bytes)
            // A handler may close the link between two replies of one read.
            while !isClosed, let reply = try reader.next() { onReply(reply) }
        } catch {
            fail(error)
        }
    }

    func streamReachedEnd() { fail(.connectionLost) }

    func streamDrained() {}

    func streamClosed(_ reason: StreamCloseReason) {
        guard !isClosed else { return }
        isClosed = true
        onClosed(.connectionLost)
    }
}
