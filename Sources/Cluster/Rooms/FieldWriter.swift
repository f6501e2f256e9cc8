import Realtime

/// Writes fields one after the other: numbers big-endian, everything else behind its length.
struct FieldWriter {
    private(set) var output: [UInt8] = []

    mutating func byte(_ byte: UInt8) { output.append(byte) }

    mutating func number(_ number: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) { output.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    mutating func bytes(_ bytes: [UInt8]) {
        length(bytes.count)
        output.append(contentsOf: bytes)
    }

    mutating func text(_ text: String) {
        length(text.utf8.count)
        output.append(contentsOf: text.utf8)
    }

    mutating func list<Element>(_ elements: [Element], _ write: (inout FieldWriter, Element) -> Void) {
        length(elements.count)
        for element in elements { write(&self, element) }
    }

    mutating func target(_ target: BroadcastTarget) {
        list(target.rooms) { $0.text($1) }
        list(target.except) { $0.text($1) }
    }

    private mutating func length(_ length: Int) {
        for shift in stride(from: 24, through: 0, by: -8) { output.append(UInt8(truncatingIfNeeded: length >> shift)) }
    }
}
