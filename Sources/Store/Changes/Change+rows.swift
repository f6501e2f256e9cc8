import Domain
import Postgres

extension Change {
    /// Reads the rows of type `change` that a function returned.
    init(_ rows: PostgresRows) throws(StoreError) {
        var result: PostgresRow?
        var events: [EventRecord] = []
        var offers: [OfferRecord] = []
        for row in rows {
            switch try decoding({ () throws(PostgresError) in try row.text("kind") }) {
            case "event": events.append(try decoding { () throws(PostgresError) in try EventRecord(row) })
            case "offer": offers.append(try decoding { () throws(PostgresError) in try OfferRecord(row) })
            default: result = row
            }
        }
        try self.init(result, events.sorted { ($0.orderID, $0.seq) < ($1.orderID, $1.seq) }, offers)
    }

    private init(_ row: PostgresRow?, _ events: [EventRecord], _ offers: [OfferRecord]) throws(StoreError) {
        self.events = events
        self.offers = offers
        guard let row else {
            (refusal, isReplayed, json) = (nil, false, [])
            (version, itemIndex, detail, status) = (nil, nil, nil, nil)
            (orderID, customerID, merchantID, driverID) = (nil, nil, nil, nil)
            return
        }
        let code = try decoding { () throws(PostgresError) in try row.text("code") }
        isReplayed = code == "REPLAYED"
        refusal = Refusal(rawValue: code)
        guard isReplayed || refusal != nil || code == "OK" else { throw StoreError(.failed, "unknown code \(code)") }
        let namesItem = refusal.map(Self.itemRefusals.contains) ?? false
        do throws(PostgresError) {
            let seq = try row.intIfPresent("seq").map { Int($0) }
            version = namesItem ? nil : seq
            itemIndex = namesItem ? seq : nil
            json = try row.bytesIfPresent("json") ?? []
            detail = try row.textIfPresent("detail")
            status = try row.intIfPresent("status").map { Int($0) }
            orderID = try row.idIfPresent("order_id")
            customerID = try row.idIfPresent("customer_id")
            merchantID = try row.idIfPresent("merchant_id")
            driverID = try row.idIfPresent("driver_id")
        } catch {
            throw StoreError(error)
        }
    }

    private static let itemRefusals: Set<Refusal> = [
        .productNotFound, .productUnavailable, .currencyMismatch, .outOfStock,
    ]
}

extension EventRecord {
    init(_ row: PostgresRow) throws(PostgresError) {
        self.init(
            orderID: try row.id("order_id"), seq: Int(try row.int("seq")), transaction: try row.transaction("xid"),
            type: try row.text("code"), status: try row.text("detail"), json: try row.bytes("json"),
            customerID: try row.id("customer_id"), merchantID: try row.id("merchant_id"),
            driverID: try row.idIfPresent("driver_id"), previousDriverID: try row.idIfPresent("previous_driver_id"),
            correlationID: try row.textIfPresent("correlation_id") ?? "")
    }
}

extension OfferRecord {
    init(_ row: PostgresRow) throws(PostgresError) {
        self.init(
            offerID: try row.id("offer_id"), orderID: try row.id("order_id"), driverID: try row.id("driver_id"),
            transaction: try row.transaction("xid"), state: try row.text("code"),
            json: try row.bytesIfPresent("json") ?? [],
            orderVersion: try row.intIfPresent("seq").map { Int($0) })
    }
}
