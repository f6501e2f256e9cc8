/// Takes frames out of a stream of bytes, however it is cut.
struct LinkFrameDecoder: ~Copyable {
    /// Of a frame that is not whole yet; at most one frame.
    private var pending: [UInt8] = []

    /// The next whole frame at `offset`, which moves on; nil once `input` is used up. After an error the stream makes no
    /// sense any more.
    mutating func next(_ input: UnsafeRawBufferPointer, _ offset: inout Int) throws(LinkFault) -> LinkFrame? {
        guard fill(to: LinkFrame.headerLength, input, &offset) else { return nil }
        let length = Int(word(0))
        guard (5...LinkFrame.maximumPayload + 5).contains(length), let kind = LinkFrame.Kind(rawValue: pending[4])
        else { throw .malformed }
        guard fill(to: length + 4, input, &offset) else { return nil }
        let frame = LinkFrame(kind: kind, request: word(5), payload: Array(pending[LinkFrame.headerLength...]))
        pending.removeAll(keepingCapacity: true)
        return frame
    }

    private mutating func fill(
        to count: Int, _ input: UnsafeRawBufferPointer, _ offset: inout Int
    ) -> Bool {
        let taken = min(max(0, count - pending.count), input.count - offset)
        pending.append(contentsOf: input[offset..<(offset + taken)])
        offset += taken
        return pending.count >= count
    }

    private func word(_ index: Int) -> UInt32 {
        pending[index..<(index + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
