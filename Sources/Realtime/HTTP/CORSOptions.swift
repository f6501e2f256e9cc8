/// Cross-origin rules (Fetch standard, "CORS protocol"), answered in headers. Realtime endpoints can check them too, for
/// WebSocket, which browsers open to any origin.
public struct CORSOptions: Sendable {
    public enum Origins: Sendable {
        case any
        case list([String])
    }

    public let origins: Origins
    public let allowsCredentials: Bool
    /// Fields of answers that pages may read beside those that they always may.
    public let exposedHeaders: [String]

    public init(origins: Origins, allowsCredentials: Bool = false, exposedHeaders: [String] = []) {
        self.origins = origins
        self.allowsCredentials = allowsCredentials
        self.exposedHeaders = exposedHeaders
    }

    /// What pages need to be allowed at most, whichever path they ask for.
    static let methods = "GET,HEAD,PUT,PATCH,POST,DELETE"

    func allows(_ origin: String) -> Bool {
        switch origins {
        case .any: true
        case .list(let list): list.contains(origin)
        }
    }

    /// Name and value pairs for the answer to a request from `origin`.
    func headers(for origin: String?) -> [(String, String)] {
        var headers: [(String, String)] = []
        switch origins {
        case .any where !allowsCredentials:
            headers.append(("Access-Control-Allow-Origin", "*"))
        case .any, .list:
            if let origin, allows(origin) { headers.append(("Access-Control-Allow-Origin", origin)) }
            headers.append(("Vary", "Origin"))
        }
        if allowsCredentials { headers.append(("Access-Control-Allow-Credentials", "true")) }
        if !exposedHeaders.isEmpty {
            headers.append(("Access-Control-Expose-Headers", exposedHeaders.joined(separator: ", ")))
        }
        return headers
    }

    /// The same for a preflight request, which asked for these fields.
    func preflightHeaders(asked: String?) -> [(String, String)] {
        var headers = [("Access-Control-Allow-Methods", Self.methods)]
        if let asked { headers.append(("Access-Control-Allow-Headers", asked)) }
        return headers
    }
}
