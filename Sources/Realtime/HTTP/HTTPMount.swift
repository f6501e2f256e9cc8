import EventLoop

/// What serves every request under one path by itself, and gets each as soon as its head has come.
@Loop protocol HTTPMount: AnyObject {
    /// Begins and ends with a slash.
    var pathPrefix: String { get }
    /// Bytes.
    var maximumBody: Int { get }
    /// The head has come. May answer, hold, or take the stream.
    func exchangeStarted(_ exchange: HTTPExchange)
    /// The body has come, if the exchange is not answered yet.
    func exchangeReady(_ exchange: HTTPExchange)
    /// The body is larger than `maximumBody`; to be answered.
    func exchangeTooLarge(_ exchange: HTTPExchange)
}

/// Who must know when a client goes away from a request that waits for its answer.
@Loop protocol HTTPExchangeOwner: AnyObject {
    func exchangeAborted(_ exchange: HTTPExchange)
}
