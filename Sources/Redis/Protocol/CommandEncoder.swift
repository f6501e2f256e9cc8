/// Writes commands as RESP arrays of bulk strings.
enum CommandEncoder {
    static func append(_ arguments: [RedisArgument], to output: inout [UInt8]) {
        appendHeader(UInt8(ascii: "*"), arguments.count, to: &output)
        for argument in arguments {
            switch argument {
            case .text(let text):
                appendHeader(UInt8(ascii: "$"), text.utf8.count, to: &output)
                output.append(contentsOf: text.utf8)
            case .bytes(let bytes):
                appendHeader(UInt8(ascii: "$"), bytes.count, to: &output)
                output.append(contentsOf: bytes)
            case .integer(let number):
                let text = String(number)
                appendHeader(UInt8(ascii: "$"), text.utf8.count, to: &output)
                output.append(contentsOf: text.utf8)
            }
            appendLineEnd(to: &output)
        }
    }

    private static func appendHeader(_ kind: UInt8, _ count: Int, to output: inout [UInt8]) {
        output.append(kind)
        // Numbers below 100 are nearly all of them and need no String.
        if count < 10 {
            output.append(UInt8(ascii: "0") + UInt8(count))
        } else if count < 100 {
            output.append(UInt8(ascii: "0") + UInt8(count / 10))
            output.append(UInt8(ascii: "0") + UInt8(count % 10))
        } else {
            output.append(contentsOf: String(count).utf8)
        }
        appendLineEnd(to: &output)
    }

    private static func appendLineEnd(to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\r"))
        output.append(UInt8(ascii: "\n"))
    }
}
