import Wire

/// Raw JSON arguments, comma separated, as this example reads and writes them.
enum Arguments {
    private static func elements(_ arguments: [UInt8]) -> (array: [UInt8], ranges: [Range<Int>]) {
        let array = [UInt8(ascii: "[")] + arguments + [UInt8(ascii: "]")]
        return (array, (try? JSONScanner.elements(array.span, 0..<array.count)) ?? [])
    }

    static func string(_ arguments: [UInt8], _ index: Int) -> String? {
        let (array, ranges) = elements(arguments)
        guard index < ranges.count else { return nil }
        return try? JSONScanner.string(array.span, ranges[index])
    }

    static func afterFirst(_ arguments: [UInt8]) -> [UInt8] {
        let (array, ranges) = elements(arguments)
        return ranges.count < 2 ? [] : Array(array[ranges[1].lowerBound..<ranges[ranges.count - 1].upperBound])
    }

    /// One argument: an array of strings.
    static func list(_ strings: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        JSONWriter.append(to: &bytes) { writer in
            writer.array { for string in strings { $0.value(string) } }
        }
        return bytes
    }
}
