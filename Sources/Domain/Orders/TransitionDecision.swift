/// Whether a change of status may be made.
public enum TransitionDecision: Hashable, Sendable {
    /// It may; the transition says what comes with it.
    case allowed(OrderTransition)
    /// Whoever asks may see the order but never do this: 403 `FORBIDDEN`.
    case forbidden
    /// Not from where the order stands: 409 `INVALID_TRANSITION`.
    case invalid
}
