import Domain
import Store

/// What nodes tell one another over the bus: hints that come sooner than the feed, and bear the content along.
///
/// Binary, big-endian, version 1: `version kind origin(8)`, then by kind. A message of another version or a
/// malformed one is counted and dropped: the feed brings what it bore.
enum BusMessage {
    case event(EventRecord)
    case offer(OfferRecord)
    case access(AccessChange)
    case membership(MerchantMembership)
    /// A push that may be lost: `event` and its raw JSON arguments, for every socket of the channel.
    case volatile(event: String, json: [UInt8])

    static let version: UInt8 = 1

    func encoded(origin: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.byte(Self.version)
        switch self {
        case .event(let event):
            writer.byte(1)
            writer.number(origin)
            writer.id(event.orderID)
            writer.number(UInt64(event.seq))
            writer.number(event.transaction)
            writer.id(event.customerID)
            writer.id(event.merchantID)
            writer.optionalID(event.driverID)
            writer.optionalID(event.previousDriverID)
            writer.text(event.type)
            writer.text(event.status)
            writer.text(event.correlationID)
            writer.bytes(event.json)
        case .offer(let offer):
            writer.byte(2)
            writer.number(origin)
            writer.id(offer.offerID)
            writer.id(offer.orderID)
            writer.id(offer.driverID)
            writer.number(offer.transaction)
            writer.number(UInt64(offer.orderVersion ?? 0))
            writer.text(offer.state)
            writer.bytes(offer.json)
        case .access(let change):
            writer.byte(3)
            writer.number(origin)
            writer.id(change.accountID)
            writer.optionalID(change.sessionID)
            writer.text(change.role ?? "")
            writer.text(change.reason)
        case .membership(let membership):
            writer.byte(5)
            writer.number(origin)
            writer.id(membership.accountID)
            writer.id(membership.merchantID)
        case .volatile(let event, let json):
            writer.byte(4)
            writer.number(origin)
            writer.text(event)
            writer.bytes(json)
        }
        return writer.output
    }

    /// Nil for what this version does not understand.
    static func decode(_ bytes: [UInt8]) -> (origin: UInt64, message: BusMessage)? {
        var reader = ByteReader(bytes)
        guard reader.byte() == version, let kind = reader.byte(), let origin = reader.number() else { return nil }
        switch kind {
        case 1:
            guard let order = reader.id(), let seq = reader.number(), let transaction = reader.number(),
                let customer = reader.id(), let merchant = reader.id(), let driver = reader.optionalID(),
                let previous = reader.optionalID(), let type = reader.text(), let status = reader.text(),
                let correlation = reader.text(), let json = reader.bytes()
            else { return nil }
            return (
                origin,
                .event(
                    EventRecord(
                        orderID: order, seq: Int(truncatingIfNeeded: seq), transaction: transaction, type: type,
                        status: status, json: json, customerID: customer, merchantID: merchant, driverID: driver,
                        previousDriverID: previous, correlationID: correlation))
            )
        case 2:
            guard let offer = reader.id(), let order = reader.id(), let driver = reader.id(),
                let transaction = reader.number(), let orderVersion = reader.number(), let state = reader.text(),
                let json = reader.bytes()
            else { return nil }
            return (
                origin,
                .offer(
                    OfferRecord(
                        offerID: offer, orderID: order, driverID: driver, transaction: transaction, state: state,
                        json: json, orderVersion: orderVersion == 0 ? nil : Int(truncatingIfNeeded: orderVersion)))
            )
        case 3:
            guard let account = reader.id(), let session = reader.optionalID(), let role = reader.text(),
                let reason = reader.text()
            else { return nil }
            let change = AccessChange(
                accountID: account, sessionID: session, role: role.isEmpty ? nil : role, reason: reason)
            return (origin, .access(change))
        case 4:
            guard let event = reader.text(), let json = reader.bytes() else { return nil }
            return (origin, .volatile(event: event, json: json))
        case 5:
            guard let account = reader.id(), let merchant = reader.id() else { return nil }
            return (origin, .membership(MerchantMembership(accountID: account, merchantID: merchant)))
        default:
            return nil
        }
    }
}

/// Appends numbers, ids and length-prefixed bytes, big-endian.
struct ByteWriter {
    private(set) var output: [UInt8] = []

    init() { output.reserveCapacity(512) }

    mutating func byte(_ value: UInt8) { output.append(value) }

    mutating func number(_ value: UInt64) {
        withUnsafeBytes(of: value.bigEndian) { output.append(contentsOf: $0) }
    }

    mutating func id(_ value: UUID16) {
        number(value.high)
        number(value.low)
    }

    mutating func optionalID(_ value: UUID16?) {
        byte(value == nil ? 0 : 1)
        if let value { id(value) }
    }

    mutating func bytes(_ value: [UInt8]) {
        let count = UInt32(value.count)
        withUnsafeBytes(of: count.bigEndian) { output.append(contentsOf: $0) }
        output.append(contentsOf: value)
    }

    mutating func text(_ value: String) { bytes(Array(value.utf8)) }
}

/// Reads what `ByteWriter` wrote; nil at the first thing that is not there.
struct ByteReader {
    private let input: [UInt8]
    private var position = 0

    init(_ input: [UInt8]) { self.input = input }

    mutating func byte() -> UInt8? {
        guard position < input.count else { return nil }
        defer { position += 1 }
        return input[position]
    }

    mutating func number() -> UInt64? {
        guard position + 8 <= input.count else { return nil }
        var value: UInt64 = 0
        for index in position..<position + 8 { value = value << 8 | UInt64(input[index]) }
        position += 8
        return value
    }

    mutating func id() -> UUID16? {
        guard let high = number(), let low = number() else { return nil }
        return UUID16(high: high, low: low)
    }

    mutating func optionalID() -> UUID16?? {
        switch byte() {
        case 0: return .some(nil)
        case 1:
            guard let value = id() else { return nil }
            return .some(value)
        default: return nil
        }
    }

    mutating func bytes() -> [UInt8]? {
        guard position + 4 <= input.count else { return nil }
        var count = 0
        for index in position..<position + 4 { count = count << 8 | Int(input[index]) }
        position += 4
        guard count <= input.count - position else { return nil }
        defer { position += count }
        return Array(input[position..<position + count])
    }

    mutating func text() -> String? {
        guard let bytes = bytes() else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
