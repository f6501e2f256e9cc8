/// A request's target taken apart (RFC 9112 section 3.2).
public struct HTTPTarget: Sendable {
    /// The path as it was written, still percent-encoded, so that `%2F` does not part segments; `*` for OPTIONS.
    public let path: Substring
    /// The text behind the question mark; nil without one.
    public let rawQuery: Substring?

    /// Splits `target`; the scheme and authority of an absolute form are left out.
    public init(_ target: String) {
        var rest = target[...]
        if rest.utf8.first != 0x2F, let colon = rest.utf8.firstIndex(of: 0x3A) {
            rest = rest[colon...].dropFirst("://".count)
            rest = rest[(rest.utf8.firstIndex { $0 == 0x2F || $0 == 0x3F } ?? rest.endIndex)...]
        }
        let mark = rest.utf8.firstIndex(of: 0x3F)
        let path = rest[..<(mark ?? rest.endIndex)]
        self.path = path.isEmpty ? "/" : path
        rawQuery = mark.map { rest[rest.utf8.index(after: $0)...] }
    }

    /// The decoded query; empty without one.
    public func query() throws(WireError) -> HTTPQuery {
        guard let rawQuery else { return HTTPQuery() }
        return try HTTPQuery(parsing: rawQuery)
    }

    /// The decoded segments between the slashes; the root has none, a trailing slash makes an empty last one.
    public func segments() throws(WireError) -> [String] {
        var segments: [String] = []
        for raw in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let segment = PercentEncoding.decode(raw) else { throw .http(.invalidTarget) }
            segments.append(segment)
        }
        return segments == [""] ? [] : segments
    }
}
