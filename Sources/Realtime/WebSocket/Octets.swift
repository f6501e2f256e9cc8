extension UnsafeRawBufferPointer {
    /// The same bytes, typed: what the loop reads is bytes and nothing else.
    var octets: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: baseAddress?.assumingMemoryBound(to: UInt8.self), count: count)
    }
}
