extension OutputSpan<UInt8> {
    /// Appends a copy of `bytes`, for which there must be room.
    @inlinable @inline(__always)
    public mutating func append(contentsOf bytes: UnsafeRawBufferPointer) {
        withUnsafeMutableBufferPointer { buffer, count in
            precondition(bytes.count <= buffer.count - count, "no room for so many bytes")
            guard let source = bytes.baseAddress, let target = buffer.baseAddress else { return }
            UnsafeMutableRawPointer(target + count).copyMemory(from: source, byteCount: bytes.count)
            count += bytes.count
        }
    }

    /// Appends a copy of `bytes`, for which there must be room.
    @inlinable @inline(__always)
    public mutating func append(contentsOf bytes: [UInt8]) {
        withUnsafeMutableBufferPointer { buffer, count in
            precondition(bytes.count <= buffer.count - count, "no room for so many bytes")
            bytes.withUnsafeBytes { bytes in
                guard let source = bytes.baseAddress, let target = buffer.baseAddress else { return }
                UnsafeMutableRawPointer(target + count).copyMemory(from: source, byteCount: bytes.count)
                count += bytes.count
            }
        }
    }
}
