import EventLoop

/// Compressors and a decompressor for messages, made when first needed.
@Loop final class Compressors {
    private var deflaters: [Int: Deflater] = [:]
    private var sharedInflater: Inflater?

    func deflater(windowBits: Int) -> Deflater? {
        if let known = deflaters[windowBits] { return known }
        let made = Deflater(.raw, windowBits: windowBits)
        deflaters[windowBits] = made
        return made
    }

    /// With the largest window, which reads what any smaller one wrote.
    func inflater() -> Inflater? {
        sharedInflater = sharedInflater ?? Inflater()
        return sharedInflater
    }
}
