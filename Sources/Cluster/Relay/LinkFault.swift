/// Why a link's bytes are not followed any further.
enum LinkFault: Error, Equatable {
    /// No frame, or one that has no place here.
    case malformed
    /// The other side does not know the secret.
    case unproven
    /// Another process than the one that was called.
    case stranger
}
