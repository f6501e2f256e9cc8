import Glibc

/// A client that blocks and does not allocate: it sends bytes made beforehand and reads into one buffer.
final class BlockingSocket {
    struct Failure: Error {
        let call: String
    }

    private static let capacity = 64 * 1024

    private let descriptor: Int32
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: BlockingSocket.capacity, alignment: 1)

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(call: "connect") }
    }

    deinit {
        close(descriptor)
        buffer.deallocate()
    }

    func send(_ bytes: [UInt8]) {
        let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
        precondition(count == bytes.count, "a small packet is sent whole")
    }

    /// The next bytes, at least one; how many.
    @discardableResult
    func receive() -> Int {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        precondition(count > 0, "the server closed the connection")
        return count
    }

    /// Reads until `text` has come; for handshakes, which are not counted.
    func receive(until text: String) {
        var seen: [UInt8] = []
        repeat {
            let count = receive()
            seen.append(contentsOf: buffer[..<count])
        } while !String(decoding: seen, as: UTF8.self).contains(text)
    }
}
