/// Why an acknowledgement that the server asked for did not come.
public enum AcknowledgementError: Error, Sendable {
    case timedOut
    case disconnected
}
