public import EventLoop

/// Engine.IO 4 without Socket.IO: messages as they come, for tools and conformance tests.
@Loop public final class EngineEndpoint {
    /// A message of a client.
    public enum Message: Sendable {
        case text([UInt8])
        case binary([UInt8])
    }

    /// A client's session.
    @Loop public final class Session {
        fileprivate weak var engine: EngineSession?

        fileprivate init(_ engine: EngineSession) {
            self.engine = engine
        }

        /// Nothing once the session has ended. What the client is too slow for ends it.
        public func send(_ message: Message) {
            switch message {
            case .text(let text):
                engine?.send(length: text.count + 1, attachments: [], volatile: false) { output in
                    output.append(UInt8(ascii: "4"))
                    output.append(contentsOf: text)
                }
            case .binary(let bytes):
                engine?.send(binary: bytes)
            }
        }

        /// Ends the session. A second time: nothing.
        public func close() {
            engine?.close(.forcedClose)
        }
    }

    private final class Handler: EngineSessionHandler {
        let session: Session
        let onMessage: @Loop (Session, Message) -> Void

        init(session: Session, onMessage: @escaping @Loop (Session, Message) -> Void) {
            self.session = session
            self.onMessage = onMessage
        }

        func sessionReceived(text: UnsafeRawBufferPointer) { onMessage(session, .text(Array(text))) }
        func sessionReceived(binary: UnsafeRawBufferPointer) { onMessage(session, .binary(Array(binary))) }
        func sessionDrained() {}
        func sessionUpgraded() {}
        func sessionClosed(_ reason: EngineCloseReason) {}
    }

    let engine: EngineServer

    /// Asks other nodes about their sessions; nil, as at first: only sessions of this node are known.
    public var relay: (any SessionRelay)? {
        get { engine.relay }
        set { engine.relay = newValue }
    }

    public init(
        options: EngineServerOptions, timing: any Timing = SystemTiming.shared,
        onMessage: @escaping @Loop (Session, Message) -> Void
    ) {
        engine = EngineServer(options: options, timing: timing) { session, _ in
            Handler(session: Session(session), onMessage: onMessage)
        }
    }
}
