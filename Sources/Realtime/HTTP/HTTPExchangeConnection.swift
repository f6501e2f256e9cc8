import EventLoop

/// What an exchange came on and is answered on.
@Loop protocol HTTPExchangeConnection: AnyObject {
    /// The client's stream, where there is one to take.
    var exchangeStream: Stream? { get }
    func respond(_ response: Response, to exchange: HTTPExchange)
    /// Resets the connection: there will be no answer.
    func abandon(_ exchange: HTTPExchange)
    /// Ends HTTP on the stream.
    func handOver(to transport: any StreamHandler)
}
