import EventLoop
import Wire

/// The compressors of one server: few, since connections with the same parameters and no context share theirs.
@Loop final class SharedCompressions {
    let options: MessageCompressionOptions
    private var shared: [WebSocketDeflateAgreement: MessageCompression] = [:]
    private let compressors = Compressors()
    private var contexts: [Weak] = []

    /// A connection's own, which lives as long as that.
    private struct Weak {
        weak var value: MessageCompression?
    }

    init(_ options: MessageCompressionOptions) {
        precondition((9...15).contains(options.windowBits), "a window has 9 to 15 bits")
        self.options = options
    }

    /// What is agreed with a client that offers this; nil when nothing is.
    func accept(_ offers: [String]) -> MessageCompression? {
        var limits = WebSocketDeflateLimits(windowBits: options.windowBits, keepsContext: options.keepsContext)
        if limits.keepsContext, !hasRoomForContext { limits.keepsContext = false }
        guard let agreement = WebSocketDeflateAgreement.accept(offers, limits: limits) else { return nil }
        if let known = shared[agreement] { return known }
        guard agreement.serverForgets, agreement.clientForgets else {
            let own = MessageCompression(agreement, Compressors())
            contexts.append(Weak(value: own))
            return own
        }
        let made = MessageCompression(agreement, compressors)
        shared[agreement] = made
        return made
    }

    private var hasRoomForContext: Bool {
        guard contexts.count >= options.maximumContexts else { return true }
        contexts.removeAll { $0.value == nil }
        return contexts.count < options.maximumContexts
    }
}
