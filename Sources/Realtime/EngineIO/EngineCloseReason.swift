/// Why an Engine.IO session ended.
enum EngineCloseReason {
    case transportError
    case transportClose
    case forcedClose
    case pingTimeout
    case parseError
    case serverShuttingDown
    case slowConsumer
    case flood
    case connectTimeout
}
