import Wire

/// What a CONNECT payload says about recovery.
struct RecoveryWish {
    var isWanted = false
    var pid: String?
    /// nil: no event had come.
    var offset: RecoveryOffset?
    /// An offset came that no log has written.
    var isMalformed = false

    init(auth: [UInt8], mode: RecoveryMode) {
        isWanted = mode == .always
        guard !auth.isEmpty else { return }
        let bytes = auth.span
        let whole = 0..<bytes.count
        if let range = try? JSONScanner.member("recovery", in: bytes, whole) {
            if let asked = try? JSONScanner.bool(bytes, range), asked { isWanted = true }
        }
        guard let range = try? JSONScanner.member("pid", in: bytes, whole),
            let pid = try? JSONScanner.string(bytes, range), RecoverySession.isPossible(pid)
        else { return }
        self.pid = pid
        isWanted = true
        if let range = try? JSONScanner.member("offset", in: bytes, whole) {
            offset = (try? JSONScanner.string(bytes, range)).flatMap { RecoveryOffset($0) }
            isMalformed = offset == nil
        }
    }
}
