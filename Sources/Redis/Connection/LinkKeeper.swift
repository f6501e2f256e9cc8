import EventLoop

/// Keeps one connection: opens it, and after a loss opens another, with exponential backoff and jitter. Its user
/// reports each loss, for the user has the link's handlers.
@Loop
final class LinkKeeper {
    /// A link has shaken hands. Its `onReply` and `onClosed` are to be set before this returns.
    var onUp: (RedisLink, Greeting) -> Void = { _, _ in }
    /// An attempt failed, for those who log; the next follows by itself.
    var onFailure: (RedisError) -> Void = { _ in }

    private let configuration: RedisConfiguration
    private let timing: any Timing
    private var isRunning = false
    private var failures = 0
    private var upSince: LoopTime?
    private var retry: ScheduledTimer?
    /// Raised by `stop`: an attempt that began under another value is thrown away when it ends.
    private var run = 0

    init(_ configuration: RedisConfiguration, timing: any Timing) {
        self.configuration = configuration
        self.timing = timing
    }

    /// Begins to connect; nothing while it runs already.
    func start() {
        guard !isRunning else { return }
        isRunning = true
        run += 1
        failures = 0
        attempt()
    }

    /// No further attempts; nothing when it is not running. The link that stands is its user's to close.
    func stop() {
        guard isRunning else { return }
        isRunning = false
        run += 1
        retry?.cancel()
        retry = nil
        upSince = nil
    }

    /// The link has broken: another follows.
    func lost() {
        guard isRunning else { return }
        if let upSince, timing.now - upSince >= configuration.backoffReset { failures = 0 }
        upSince = nil
        scheduleRetry()
    }

    private func attempt() {
        let current = run
        Loop.start { [weak self, configuration, timing] in
            let outcome: Result<(link: RedisLink, greeting: Greeting), RedisError>
            do throws(RedisError) {
                outcome = .success(try await RedisLink.open(configuration, timing: timing))
            } catch {
                outcome = .failure(error)
            }
            guard let self, self.isRunning, self.run == current else {
                if case .success(let opened) = outcome { opened.link.close() }
                return
            }
            switch outcome {
            case .success(let opened):
                self.upSince = self.timing.now
                self.onUp(opened.link, opened.greeting)
            case .failure(let error):
                self.onFailure(error)
                self.scheduleRetry()
            }
        }
    }

    private func scheduleRetry() {
        // 2^16 of the first pause lies beyond every sensible limit; the clamp keeps the shift defined.
        let doubled = configuration.backoffFirst * (1 << min(failures, 16))
        let pause = min(doubled, configuration.backoffLimit) * (0.5 + configuration.jitter() / 2)
        failures += 1
        retry = timing.after(pause) { [weak self] in self?.attempt() }
    }
}
