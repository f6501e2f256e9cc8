import Realtime
import Wire

/// Heads of requests and answers, and what the node a client reached knows of it, as they stand in frames.
enum RelayedHead {
    static func encode(_ request: Request) -> [UInt8] {
        var writer = LinkFieldWriter()
        writer.text(request.method.name)
        writer.text(request.target)
        append(RequestOrigin(request), to: &writer)
        append(request.headers, to: &writer)
        return writer.bytes
    }

    static func request(_ bytes: [UInt8]) throws(LinkFault) -> Request {
        var reader = LinkFieldReader(bytes)
        let method = HTTPMethod(try reader.text())
        let target = try reader.text()
        let origin = try origin(&reader)
        let headers = try headers(&reader)
        try reader.end()
        return Request(
            method: method, target: target, headers: headers, remoteAddress: origin.remoteAddress,
            isSecure: origin.isSecure, correlationID: origin.correlationID)
    }

    static func encode(_ origin: RequestOrigin) -> [UInt8] {
        var writer = LinkFieldWriter()
        append(origin, to: &writer)
        return writer.bytes
    }

    static func origin(_ bytes: [UInt8]) throws(LinkFault) -> RequestOrigin {
        var reader = LinkFieldReader(bytes)
        let origin = try origin(&reader)
        try reader.end()
        return origin
    }

    /// An answer without its body.
    static func encode(_ response: Response) -> [UInt8] {
        var writer = LinkFieldWriter()
        writer.number(UInt64(response.status), bytes: 2)
        append(response.headers, to: &writer)
        return writer.bytes
    }

    static func response(_ bytes: [UInt8]) throws(LinkFault) -> Response {
        var reader = LinkFieldReader(bytes)
        let status = Int(try reader.number(bytes: 2))
        let headers = try headers(&reader)
        try reader.end()
        return Response(status: status, headers: headers)
    }

    private static func append(_ origin: RequestOrigin, to writer: inout LinkFieldWriter) {
        writer.text(origin.remoteAddress)
        writer.number(origin.isSecure ? 1 : 0, bytes: 1)
        writer.text(origin.correlationID)
    }

    private static func origin(_ reader: inout LinkFieldReader) throws(LinkFault) -> RequestOrigin {
        let address = try reader.text()
        let isSecure = try reader.number(bytes: 1) == 1
        return RequestOrigin(remoteAddress: address, isSecure: isSecure, correlationID: try reader.text())
    }

    private static func append(_ headers: HTTPHeaders, to writer: inout LinkFieldWriter) {
        writer.number(UInt64(headers.count), bytes: 2)
        var fields = LinkFieldWriter()
        headers.forEach { name, value in
            fields.text(name)
            fields.text(value)
        }
        writer.raw(fields.bytes)
    }

    private static func headers(_ reader: inout LinkFieldReader) throws(LinkFault) -> HTTPHeaders {
        var headers = HTTPHeaders()
        for _ in 0..<(try reader.number(bytes: 2)) {
            let name = try reader.text()
            headers.append(name, try reader.text())
        }
        return headers
    }
}

extension RequestOrigin {
    init(_ request: Request) {
        self.init(
            remoteAddress: request.remoteAddress, isSecure: request.isSecure, correlationID: request.correlationID)
    }
}
