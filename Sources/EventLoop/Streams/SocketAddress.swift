import CLibuv
import Glibc

/// A numeric IPv4 or IPv6 address with a port.
struct SocketAddress: Sendable {
    private var storage: sockaddr_storage

    init(_ storage: sockaddr_storage) {
        self.storage = storage
    }

    /// `host` numeric, or "localhost", which is taken as 127.0.0.1; nil for names and ports outside 0…65535.
    init?(host: String, port: Int) {
        guard let port = UInt16(exactly: port) else { return nil }
        storage = sockaddr_storage()
        let numeric = host == "localhost" ? "127.0.0.1" : host
        let parsed = withUnsafeMutablePointer(to: &storage) { storage in
            let raw = UnsafeMutableRawPointer(storage)
            return uv_ip4_addr(numeric, Int32(port), raw.assumingMemoryBound(to: sockaddr_in.self)) == 0
                || uv_ip6_addr(numeric, Int32(port), raw.assumingMemoryBound(to: sockaddr_in6.self)) == 0
        }
        guard parsed else { return nil }
    }

    static func peer(of handle: UnsafeMutablePointer<uv_tcp_t>) -> SocketAddress? {
        read { uv_tcp_getpeername(handle, $0, $1) }
    }

    static func local(of handle: UnsafeMutablePointer<uv_tcp_t>) -> SocketAddress? {
        read { uv_tcp_getsockname(handle, $0, $1) }
    }

    private static func read(
        _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<Int32>) -> Int32
    ) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        let status = withUnsafeMutablePointer(to: &storage) { storage in
            body(UnsafeMutableRawPointer(storage).assumingMemoryBound(to: sockaddr.self), &length)
        }
        return status == 0 ? SocketAddress(storage) : nil
    }

    var family: Int32 { Int32(storage.ss_family) }

    func withPointer<R>(_ body: (UnsafePointer<sockaddr>) -> R) -> R {
        withUnsafePointer(to: storage) { storage in
            body(UnsafeRawPointer(storage).assumingMemoryBound(to: sockaddr.self))
        }
    }

    /// Numeric, without port. An IPv4 address mapped into IPv6 reads as IPv4.
    var host: String {
        // INET6_ADDRSTRLEN
        let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 46) { text in
            withPointer { address in
                let raw = UnsafeRawPointer(address)
                let status =
                    address.pointee.sa_family == sa_family_t(AF_INET)
                    ? uv_ip4_name(raw.assumingMemoryBound(to: sockaddr_in.self), text.baseAddress, text.count)
                    : uv_ip6_name(raw.assumingMemoryBound(to: sockaddr_in6.self), text.baseAddress, text.count)
                return status == 0 ? String(cString: text.baseAddress!) : ""
            }
        }
        let mapped = "::ffff:"
        return text.hasPrefix(mapped) && text.utf8.contains(UInt8(ascii: "."))
            ? String(text.dropFirst(mapped.count)) : text
    }

    var port: Int {
        withPointer { address in
            let raw = UnsafeRawPointer(address)
            let bigEndian =
                address.pointee.sa_family == sa_family_t(AF_INET)
                ? raw.assumingMemoryBound(to: sockaddr_in.self).pointee.sin_port
                : raw.assumingMemoryBound(to: sockaddr_in6.self).pointee.sin6_port
            return Int(UInt16(bigEndian: bigEndian))
        }
    }
}
