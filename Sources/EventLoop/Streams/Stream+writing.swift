import CLibuv
import Glibc

extension Stream {
    /// Bytes written and not yet taken by the system.
    public var queuedBytes: Int {
        guard !isClosing else { return 0 }
        return output.count + (isWriting ? uv_stream_get_write_queue_size(handle) : 0)
    }

    /// Whether the system takes no more for now, and what is queued waits for the peer.
    public var isBackedUp: Bool { isWriting && !isClosing }

    /// Whether the system takes what is written, as far as is known, and `count` bytes more make no more than `limit`.
    public func takesNow(_ count: Int, within limit: Int) -> Bool {
        !isWriting && output.count + count <= limit
    }

    /// Hands what is queued to the system before the end of this turn.
    public func flushNow() {
        guard isDirty else { return }
        flush()
    }

    /// Queues `bytes`; they leave at the end of this turn or, where very many streams are written to, of one that follows it.
    /// Ignored once closing or shut down.
    public func write(_ bytes: [UInt8]) {
        guard !endsWrites, !isClosing, !bytes.isEmpty else { return }
        if output.isEmpty {
            // A frame that is sent to many sockets is not copied for each.
            if output.capacity > 0 { discardOutput() }
            output = bytes
            outputIsShared = true
        } else {
            prepareOutput()
            bytes.withUnsafeBytes { bytes in
                output.append(addingCapacity: bytes.count) { $0.append(contentsOf: bytes) }
            }
        }
        outputGrew()
    }

    /// Queues a copy of `bytes`, which leave as those of the other `write`. Ignored once closing or shut down.
    public func write(_ bytes: UnsafeRawBufferPointer) {
        guard !endsWrites, !isClosing, !bytes.isEmpty else { return }
        prepareOutput()
        output.append(addingCapacity: bytes.count) { $0.append(contentsOf: bytes) }
        outputGrew()
    }

    /// Queues `head`, a copy of `body`, and `tail`, which leave as those of the other `write`. Ignored once closing or shut
    /// down.
    public func write(_ head: ShortBytes, _ body: UnsafeRawBufferPointer, tail: UInt8) {
        guard !endsWrites, !isClosing else { return }
        prepareOutput()
        output.append(addingCapacity: ShortBytes.maximum + body.count + 1) { output in
            output.withUnsafeMutableBufferPointer { buffer, count in
                // Room for as much has just been made.
                let start = UnsafeMutableRawPointer(buffer.baseAddress! + count)
                start.storeBytes(of: head.low.littleEndian, as: UInt64.self)
                start.storeBytes(of: head.high.littleEndian, toByteOffset: 8, as: UInt64.self)
                if let bytes = body.baseAddress { (start + head.count).copyMemory(from: bytes, byteCount: body.count) }
                start.storeBytes(of: tail, toByteOffset: head.count + body.count, as: UInt8.self)
                count += head.count + body.count + 1
            }
        }
        outputGrew()
    }

    /// Lets `body` append to this stream's output buffer, which may hold earlier bytes: append only, and call nothing of
    /// this stream meanwhile. `body` is not called once the stream is closing or shut down.
    public func withOutput(_ body: (inout [UInt8]) -> Void) {
        guard !endsWrites, !isClosing else { return }
        prepareOutput()
        body(&output)
        if output.isEmpty {
            discardOutput()
        } else {
            outputGrew()
        }
    }

    /// As `withOutput(_:)`, for at most `count` bytes, for which room is made beforehand.
    public func withOutput(adding count: Int, _ body: (inout OutputSpan<UInt8>) -> Void) {
        guard !endsWrites, !isClosing else { return }
        prepareOutput()
        output.append(addingCapacity: count, initializingWith: body)
        if output.isEmpty {
            discardOutput()
        } else {
            outputGrew()
        }
    }

    @inline(__always)
    private func prepareOutput() {
        if outputIsShared || output.capacity == 0 { takeOutputBuffer() }
    }

    private func takeOutputBuffer() {
        if outputIsShared {
            var buffer = LoopCore.shared.takeBuffer()
            buffer.append(contentsOf: output)
            output = buffer
            outputIsShared = false
        } else {
            output = LoopCore.shared.takeBuffer()
        }
    }

    @inline(__always)
    private func outputGrew() {
        // What is usual, in one look: not the turn's first, and far from the limit.
        if isDirty, !isWriting, output.count <= outputLimit { return }
        beginOutput()
    }

    private func beginOutput() {
        guard queuedBytes <= outputLimit else {
            close(.outputOverflow)
            return
        }
        guard !isDirty, !isWriting else { return }
        isDirty = true
        LoopCore.shared.markDirty(self)
    }

    private func discardOutput() {
        if outputIsShared {
            output = []
            outputIsShared = false
        } else {
            // Emptied here, while nothing else refers to the storage: else that would make another.
            output.removeAll(keepingCapacity: true)
            var buffer: [UInt8] = []
            swap(&buffer, &output)
            LoopCore.shared.recycle(buffer)
        }
    }

    /// Hands the output to the system; what it does not take at once is queued with libuv.
    func flush() {
        isDirty = false
        guard !isClosing, !isWriting, !output.isEmpty else { return }
        let sent = trySend()
        if sent == output.count {
            discardOutput()
            outputFlushed()
        } else if sent >= 0 || sent == Int(UV_EAGAIN.rawValue) {
            queue(from: max(0, sent))
        } else {
            close(StreamCloseReason(status: Int32(sent), operation: "write"))
        }
    }

    /// As `uv_try_write`, which may only be called while libuv has nothing queued, but by send(2): write(2), which libuv calls,
    /// costs a socket the way through the file system's layer besides.
    private func trySend() -> Int {
        if descriptor < 0 {
            let raw = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
            let status = uv_fileno(raw, &descriptor)
            guard status == 0 else { return Int(status) }
        }
        while true {
            let sent = output.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
            }
            if sent >= 0 { return sent }
            if errno == EINTR { continue }
            return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ? Int(UV_EAGAIN.rawValue) : -Int(errno)
        }
    }

    private static func buffer(_ bytes: UnsafeRawBufferPointer) -> uv_buf_t {
        // libuv only reads from a buffer it writes out.
        let base = UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
        return uv_buf_t(base: base, len: bytes.count)
    }

    /// One allocation holds libuv's request and the bytes behind it until they are sent.
    private func queue(from offset: Int) {
        let header = MemoryLayout<uv_write_t>.stride
        let count = output.count - offset
        let block = UnsafeMutableRawPointer.allocate(
            byteCount: header + count, alignment: MemoryLayout<uv_write_t>.alignment)
        output.withUnsafeBytes { bytes in
            (block + header).copyMemory(from: bytes.baseAddress! + offset, byteCount: count)
        }
        discardOutput()
        let request = block.assumingMemoryBound(to: uv_write_t.self)
        request.pointee.data = handle.pointee.data
        var buffer = Self.buffer(UnsafeRawBufferPointer(start: block + header, count: count))
        isWriting = true
        let status = uv_write(request, handle, &buffer, 1) { request, status in
            let stream = Unmanaged<Stream>.fromOpaque(request!.pointee.data).takeUnretainedValue()
            UnsafeMutableRawPointer(request!).deallocate()
            stream.writeFinished(status)
        }
        if status < 0 {
            block.deallocate()
            isWriting = false
            close(StreamCloseReason(status: status, operation: "write"))
        }
    }

    private func writeFinished(_ status: Int32) {
        isWriting = false
        guard !isClosing else { return }
        guard status == 0 else {
            close(StreamCloseReason(status: status, operation: "write"))
            return
        }
        flush()
        guard !isClosing, !isWriting else { return }
        outputFlushed()
        if !isClosing { handler?.streamDrained() }
    }
}
