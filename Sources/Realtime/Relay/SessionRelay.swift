public import EventLoop

/// Has requests answered whose session another node owns, so that any node can be asked for any session. `Realtime`
/// states what it needs; whoever knows the other nodes fulfils it.
@Loop public protocol SessionRelay: AnyObject {
    /// The head of such a request has come, its id's code is good. To be answered once, now or later, by one of the
    /// request's own methods; what else happens to it is told to its `handler`.
    func relay(_ request: ForeignRequest)
}

/// What a relay hears of a request after its head. Nothing more once the request was answered.
@Loop public protocol ForeignRequestHandler: AnyObject {
    /// The body has come whole, maybe empty; at most the session's `maxPayload` bytes.
    func requestCompleted(body: [UInt8])
    /// The body was larger than that, and was answered so.
    func requestTooLarge()
    /// The client went away.
    func requestAborted()
}
