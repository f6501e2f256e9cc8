import EventLoop
import Wire

/// gzip and deflate of HTTP bodies, by what `Accept-Encoding` says (RFC 9110 section 12.5.3).
@Loop final class BodyCompression {
    enum Coding: String {
        case gzip
        case deflate
    }

    /// Bytes of the shortest body that is worth compressing: what the official server compresses.
    static let threshold = 1_024
    /// Bytes of the longest: a few milliseconds of the loop.
    static let maximumBody = 512 << 10

    private var gzip: Deflater?
    private var deflate: Deflater?

    /// `body` in `coding`; nil when it is too short or too long, when there is no memory, or when nothing is won.
    func compress(_ body: [UInt8], _ coding: Coding) -> [UInt8]? {
        guard (Self.threshold...Self.maximumBody).contains(body.count), let deflater = deflater(coding) else {
            return nil
        }
        deflater.reset()
        var output: [UInt8] = []
        body.withUnsafeBytes { deflater.finish($0, to: &output) }
        return output.count < body.count ? output : nil
    }

    private func deflater(_ coding: Coding) -> Deflater? {
        switch coding {
        case .gzip:
            gzip = gzip ?? Deflater(.gzip)
            return gzip
        case .deflate:
            deflate = deflate ?? Deflater(.zlib)
            return deflate
        }
    }

    /// What the client prefers of the two, gzip where it is all the same to it; nil for none.
    static func coding(for accepted: String?) -> Coding? {
        guard let accepted else { return nil }
        var weights: [Coding: Int] = [:]
        var other = 0
        for element in accepted.split(separator: ",") {
            let parts = element.split(separator: ";")
            guard let first = parts.first else { continue }
            let name = first.filter { $0 != " " && $0 != "\t" }.lowercased()
            let weight = parts.dropFirst().first.map(weight) ?? 1_000
            if name == "*" {
                other = weight
            } else if let coding = Coding(rawValue: name == "x-gzip" ? "gzip" : name) {
                weights[coding] = weight
            }
        }
        let gzip = weights[.gzip] ?? other
        let deflate = weights[.deflate] ?? other
        guard max(gzip, deflate) > 0 else { return nil }
        return gzip >= deflate ? .gzip : .deflate
    }

    /// `q=0.5` in thousandths (RFC 9110 section 12.4.2); what is no weight counts as none given.
    private static func weight(_ parameter: Substring) -> Int {
        let text = Array(parameter.utf8).filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        guard text.count >= 3, text[0] | 0x20 == UInt8(ascii: "q"), text[1] == UInt8(ascii: "=") else { return 1_000 }
        guard text[2] == UInt8(ascii: "0") else { return 1_000 }
        var value = 0
        var scale = 100
        for digit in text.dropFirst(4) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return 1_000 }
            value += Int(digit - UInt8(ascii: "0")) * scale
            scale /= 10
        }
        return value
    }
}
