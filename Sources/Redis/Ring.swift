/// A growing FIFO. Elements have lasting positions, so that one still queued can be found again in constant time.
struct Ring<Element> {
    private var storage: [Element?] = Array(repeating: nil, count: 16)
    /// The position of the oldest element.
    private(set) var first: UInt64 = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// The position that the next appended element gets.
    var end: UInt64 { first + UInt64(count) }

    /// Appends, and returns the element's position.
    mutating func append(_ element: Element) -> UInt64 {
        if count == storage.count { grow() }
        let position = end
        storage[slot(position)] = element
        count += 1
        return position
    }

    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = storage[slot(first)].take()
        first += 1
        count -= 1
        return element
    }

    /// The element at a position; nil once it was taken.
    subscript(position: UInt64) -> Element? {
        get {
            guard position >= first, position < end else { return nil }
            return storage[slot(position)]
        }
        set {
            guard position >= first, position < end else { return }
            storage[slot(position)] = newValue
        }
    }

    /// Everything still queued, oldest first; positions go on.
    mutating func removeAll() -> [Element] {
        var elements: [Element] = []
        elements.reserveCapacity(count)
        while let element = popFirst() { elements.append(element) }
        return elements
    }

    /// The capacity is a power of two, so that a position maps to its slot by a mask.
    private func slot(_ position: UInt64) -> Int { Int(position & UInt64(storage.count - 1)) }

    private mutating func grow() {
        var larger: [Element?] = Array(repeating: nil, count: storage.count * 2)
        for position in first..<end {
            larger[Int(position & UInt64(larger.count - 1))] = storage[slot(position)].take()
        }
        storage = larger
    }
}
