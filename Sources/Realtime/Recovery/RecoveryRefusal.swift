/// Why a client that came back for its session got a fresh one.
public enum RecoveryRefusal: String, Error, CaseIterable, Sendable {
    /// What it gave for an offset no log has written.
    case malformedOffset = "malformed_offset"
    /// The log promises nothing.
    case off
    /// The log, or the subscriptions of the session's rooms, could not be reached in time.
    case unavailable
    /// There is no record: it was never written, its node could not be sure of it, it was ended on purpose, or it is forgotten.
    case unknown
    /// The client was away for longer than a session is kept.
    case expired
    /// The session, or the offset, is of another life of the log.
    case anotherLife = "another_life"
    /// What the client missed is not all in the log any more.
    case trimmed
    /// It missed more, or has more rooms, than a session may.
    case tooMuch = "too_much"
    /// While it was being taken up the log became unsure of it, or its socket's id was found taken.
    case unsure
}
