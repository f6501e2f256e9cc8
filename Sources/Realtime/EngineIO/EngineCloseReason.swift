/// Why an Engine.IO session ended.
enum EngineCloseReason {
    case transportError
    case transportClose
    case forcedClose
    case pingTimeout
    /// A packet that is none of Engine.IO.
    case parseError
    case serverShuttingDown
    case slowConsumer
    case flood
    case connectTimeout
    /// A message that is none of what stands on the session.
    case invalidMessage
    /// A message that does not fit what came before.
    case invalidState
    /// A message that did not become whole in time, or when too many were not.
    case unfinishedMessage
    /// More bytes in the parts of one message than are taken.
    case attachmentsTooLarge
}
