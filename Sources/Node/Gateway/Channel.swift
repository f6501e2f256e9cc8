import Domain

/// House channels: one an account, one a merchant, one for those who follow everything. A node listens to those
/// that its sockets give it an interest in.
enum Channel: Hashable {
    case account(UUID16)
    case merchant(UUID16)
    case everything
    /// Ends of sessions, which every node listens to: it may have tokens of theirs cached.
    case access

    /// As the bus knows it.
    var name: String {
        switch self {
        case .account(let id): "a:\(id)"
        case .merchant(let id): "m:\(id)"
        case .everything: "everything"
        case .access: "access"
        }
    }

    init?(name: String) {
        switch name {
        case "everything": self = .everything
        case "access": self = .access
        default:
            guard let id = UUID16(String(name.dropFirst(2))) else { return nil }
            switch name.prefix(2) {
            case "a:": self = .account(id)
            case "m:": self = .merchant(id)
            default: return nil
            }
        }
    }
}
