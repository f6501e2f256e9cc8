public import EventLoop

/// Namespaces that come to be when a client asks for one of them; see `SocketServer.namespaces(where:)`.
@Loop public final class NamespacePattern {
    /// Gets the name, which begins with a slash and has at most 256 bytes, and the raw JSON object that came with CONNECT,
    /// empty when none came.
    public typealias Matcher = @Loop (_ name: String, _ auth: [UInt8]) async -> Bool

    let matches: Matcher
    let removesEmpty: Bool
    private unowned let server: SocketServer
    private let configure: @Loop (Namespace) -> Void
    private var children: [String: Namespace] = [:]

    init(
        server: SocketServer, matches: @escaping Matcher, removesEmpty: Bool,
        configure: @escaping @Loop (Namespace) -> Void
    ) {
        self.server = server
        self.matches = matches
        self.removesEmpty = removesEmpty
        self.configure = configure
    }

    /// Those that exist on this node now.
    public var namespaces: [Namespace] { Array(children.values) }

    /// The one of this name, made when there is none, without asking whether the name matches. nil when the node has as
    /// many as it may and none of them is empty.
    public func namespace(_ name: String) -> Namespace? {
        if let known = server.knownNamespace(name) { return known }
        guard let made = server.makeChild(name, of: self) else { return nil }
        children[name] = made
        configure(made)
        return made
    }

    func forget(_ name: String) {
        children[name] = nil
    }
}

/// Lets a namespace of a pattern go some time after its last socket.
@Loop final class NamespaceTenancy: DeadlineNode {
    private unowned let server: SocketServer
    private unowned let namespace: Namespace
    unowned let pattern: NamespacePattern
    /// Sockets that are connected, or about to be, and clients whose session is looked for.
    private var tenants = 0

    init(_ namespace: Namespace, pattern: NamespacePattern, server: SocketServer) {
        self.namespace = namespace
        self.pattern = pattern
        self.server = server
    }

    func enter() {
        tenants += 1
        leaveDeadlineQueue()
    }

    func leave() {
        tenants -= 1
        if tenants == 0 { becameEmpty() }
    }

    func becameEmpty() {
        if pattern.removesEmpty { server.emptyNamespaces.add(self) }
    }

    override func deadlinePassed() {
        server.remove(namespace, of: pattern)
    }
}
