/// Cross-origin rules of the realtime endpoints. They are answered in headers for polling, and checked for WebSocket,
/// which browsers open to any origin.
public struct CORSOptions: Sendable {
    public enum Origins: Sendable {
        case any
        case list([String])
    }

    public let origins: Origins
    public let allowsCredentials: Bool

    public init(origins: Origins, allowsCredentials: Bool = false) {
        self.origins = origins
        self.allowsCredentials = allowsCredentials
    }

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
        return headers
    }
}
