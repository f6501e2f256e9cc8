import Domain

/// Where a page goes on, read back from the text that the page before ended with.
enum Cursor {
    /// The last row's id.
    static func id(_ text: String?) throws(StoreError) -> UUID16? {
        guard let text else { return nil }
        guard let id = UUID16(text) else { throw StoreError(.invalidCursor) }
        return id
    }

    /// The last row's distance, absent where the list is not by distance, and id.
    static func distanceAndID(_ text: String?) throws(StoreError) -> (meters: Double?, id: UUID16?) {
        guard let text else { return (nil, nil) }
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard let last = parts.last, let id = UUID16(String(last)) else { throw StoreError(.invalidCursor) }
        guard parts.count == 2 else {
            guard parts.count == 1 else { throw StoreError(.invalidCursor) }
            return (nil, id)
        }
        guard let meters = Double(parts[0]), meters.isFinite else { throw StoreError(.invalidCursor) }
        return (meters, id)
    }

    /// The last row's place in a queue.
    static func position(_ text: String?) throws(StoreError) -> Int64? {
        guard let text else { return nil }
        guard let position = Int64(text) else { throw StoreError(.invalidCursor) }
        return position
    }
}
