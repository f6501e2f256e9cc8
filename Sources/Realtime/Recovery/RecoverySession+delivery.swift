extension RecoverySession {
    /// The farthest place up to which the client has, or is being sent, everything. nil once the log is of another life:
    /// then nothing can be recovered, and what the client takes for its offset does not matter.
    var current: RecoveryOffset? {
        guard let log = socket?.namespace.server.recovery else { return nil }
        let reached = log.position.map { $0.epoch == epoch ? $0.number : 0 } ?? 0
        return RecoveryOffset(epoch: epoch, number: max(delivered, reached))
    }

    /// What must stand behind arguments that have no offset of their own, so that the client keeps the one it has.
    func offsetToRepeat(behind json: [UInt8]) -> RecoveryOffset? {
        RecoveryOffset.isMistakable(json) ? current : nil
    }

    /// False for what the client has already, for what is not worth holding, and where something before it is missing: the
    /// client is about to be told so.
    func takes(_ offset: RecoveryOffset?, isVolatile: Bool) -> Bool {
        guard !isLost else { return false }
        guard let offset else { return held == nil || !isVolatile }
        return offset.epoch != epoch || offset.number > delivered
    }
}
