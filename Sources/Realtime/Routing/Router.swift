public import EventLoop
public import Wire

/// A trie over path segments, matched on the target's bytes. A literal segment goes before a parameter, a parameter
/// before the rest.
@Loop public final class Router {
    public typealias Handler = @Loop (Request) async -> Response
    public typealias ImmediateHandler = @Loop (Request) -> Response

    enum Action {
        case later(Handler)
        case now(ImmediateHandler)
    }

    struct Route {
        let method: HTTPMethod
        let parameterNames: [String]
        let action: Action
        /// The pattern as it was registered: the label under which requests are counted.
        let pattern: String
    }

    enum Match {
        case found(Route, values: [String])
        case wrongMethod(allowed: [HTTPMethod])
        case notFound
    }

    private final class Segment {
        var literals: [(bytes: [UInt8], segment: Segment)] = []
        var parameter: Segment?
        var routes: [Route] = []
        var restRoutes: [Route] = []
    }

    private let root = Segment()

    public nonisolated init() {}

    /// Pattern: `/a/:name/b`; a last segment `*name` takes the rest of the path (at least one byte), slashes included.
    /// A later registration of the same method and pattern replaces the earlier one.
    public func on(_ method: HTTPMethod, _ pattern: String, _ handler: @escaping Handler) {
        add(method, pattern, .later(handler))
    }

    /// As `on`, for handlers that need no wait: no task is made, the answer is written before the call returns.
    public func onNow(_ method: HTTPMethod, _ pattern: String, _ handler: @escaping ImmediateHandler) {
        add(method, pattern, .now(handler))
    }

    private func add(_ method: HTTPMethod, _ pattern: String, _ action: Action) {
        precondition(pattern.utf8.first == UInt8(ascii: "/"), "a pattern begins with a slash: \(pattern)")
        var segment = root
        var names: [String] = []
        var takesRest = false
        for part in pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            precondition(!takesRest, "nothing may follow a rest parameter: \(pattern)")
            if part.first == ":" {
                names.append(String(part.dropFirst()))
                let next = segment.parameter ?? Segment()
                segment.parameter = next
                segment = next
            } else if part.first == "*" {
                names.append(String(part.dropFirst()))
                takesRest = true
            } else {
                let bytes = Array(part.utf8)
                if let known = segment.literals.first(where: { $0.bytes == bytes }) {
                    segment = known.segment
                } else {
                    let next = Segment()
                    segment.literals.append((bytes, next))
                    segment = next
                }
            }
        }
        let route = Route(method: method, parameterNames: names, action: action, pattern: pattern)
        if takesRest {
            segment.restRoutes.removeAll { $0.method == method }
            segment.restRoutes.append(route)
        } else {
            segment.routes.removeAll { $0.method == method }
            segment.routes.append(route)
        }
    }

    /// `path` is the target up to the query, as it came (percent-encoded). HEAD falls back to GET.
    func match(_ method: HTTPMethod, _ path: Span<UInt8>) -> Match {
        guard path.count > 0, path[0] == UInt8(ascii: "/") else { return .notFound }
        var search = Search(method: method)
        if let route = find(root, path, from: 1, &search) {
            return .found(route, values: search.values)
        }
        return search.allowed.isEmpty ? .notFound : .wrongMethod(allowed: search.allowed)
    }

    private struct Search {
        let method: HTTPMethod
        var values: [String] = []
        var allowed: [HTTPMethod] = []

        mutating func route(in routes: [Route]) -> Route? {
            var fallback: Route?
            for route in routes {
                if route.method == method { return route }
                if route.method == .get, method == .head { fallback = route }
            }
            if let fallback { return fallback }
            for route in routes where !allowed.contains(route.method) {
                allowed.append(route.method)
                if route.method == .get, !allowed.contains(.head) { allowed.append(.head) }
            }
            return nil
        }
    }

    private func find(_ segment: Segment, _ path: Span<UInt8>, from start: Int, _ search: inout Search) -> Route? {
        var end = start
        while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
        let isLast = end == path.count
        for (bytes, next) in segment.literals where Self.equal(path, start, end, bytes) {
            if let route = isLast ? search.route(in: next.routes) : find(next, path, from: end + 1, &search) {
                return route
            }
        }
        if let next = segment.parameter, end > start, let value = Self.decode(path, start, end) {
            search.values.append(value)
            if let route = isLast ? search.route(in: next.routes) : find(next, path, from: end + 1, &search) {
                return route
            }
            search.values.removeLast()
        }
        if !segment.restRoutes.isEmpty, start < path.count, let value = Self.decode(path, start, path.count) {
            if let route = search.route(in: segment.restRoutes) {
                search.values.append(value)
                return route
            }
        }
        return nil
    }

    private static func equal(_ path: Span<UInt8>, _ start: Int, _ end: Int, _ bytes: [UInt8]) -> Bool {
        guard end - start == bytes.count else { return false }
        for index in 0..<bytes.count where path[start + index] != bytes[index] { return false }
        return true
    }

    /// nil when the percent-encoding is broken or does not give UTF-8: such a path names nothing.
    private static func decode(_ path: Span<UInt8>, _ start: Int, _ end: Int) -> String? {
        var bytes: [UInt8] = []
        bytes.append(copying: path, start..<end)
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        return PercentEncoding.decode(text[...])
    }
}
