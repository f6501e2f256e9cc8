import Domain
import Store
import Wire

/// The body of an order that is to be placed.
struct OrderInput {
    var merchantID = UUID16(high: 0, low: 0)
    var items: [NewOrder.Item] = []
    var dropoff: Coordinate?
    var address: String?
    var note: String?
    var contact: [UInt8]?
    var payment = PaymentMethod.cash
    var fulfilment = Fulfilment.delivery
    var externalID: String?
    var metadata: [UInt8]?

    /// - Throws: 422 with every problem; `NOT_AVAILABLE` for what is not served: orders paid by card would wait for a payment
    ///   that nobody can make.
    init(_ body: InputReader) throws(ServiceError) {
        var input = body
        merchantID = input.id("merchantId")
        var items: [NewOrder.Item] = []
        input.objects("items", count: InputLimits.items) { item in
            let product = item.id("productId")
            let quantity = item.integer(
                "quantity", in: Int64(InputLimits.quantity.lowerBound)...Int64(InputLimits.quantity.upperBound))
            items.append(NewOrder.Item(productID: product, quantity: Int(quantity)))
        }
        self.items = items
        var dropoff: (Coordinate, address: String?, note: String?, contact: [UInt8]?)?
        input.object("dropoff") { place in
            dropoff = (
                place.coordinate(), place.optionalText("address", characters: 0...InputLimits.addressLength),
                place.optionalText("note", characters: 0...InputLimits.noteLength), Self.contact(&place)
            )
        }
        if let dropoff { (self.dropoff, address, note, contact) = dropoff }
        payment = input.optionalChoice("payment", PaymentMethod.self) ?? .cash
        fulfilment = input.optionalChoice("fulfilment", Fulfilment.self) ?? .delivery
        externalID = input.optionalText("externalId", characters: 1...InputLimits.externalIdLength)
        metadata = Self.metadata(&input)
        try input.finish()
        if payment != .cash { throw Self.notAvailable("payment", "only CASH is available") }
        if fulfilment != .delivery { throw Self.notAvailable("fulfilment", "only DELIVERY is available") }
    }

    private static func notAvailable(_ field: String, _ message: String) -> ServiceError {
        ServiceError(
            .invalidInput, "NOT_AVAILABLE", "\(field): \(message)",
            fields: [FieldProblem(field: field, code: "NOT_AVAILABLE", message: message)])
    }

    /// Whom to call at the door: a text, or `{name?, phone?, email?}`.
    private static func contact(_ place: inout InputReader) -> [UInt8]? {
        guard let value = place.value("contact") else { return nil }
        var writer = JSONWriter()
        if value.stringValue != nil {
            guard let text = place.optionalText("contact", characters: 1...InputLimits.addressLength) else {
                return nil
            }
            writer.value(text)
            return writer.bytes
        }
        place.optionalObject("contact") { contact in
            _ = contact.optionalText("name", characters: 1...InputLimits.nameLength)
            _ = contact.optionalText("phone", characters: 1...phoneLength)
            _ = contact.optionalText("email", characters: 1...InputLimits.emailLength)
        }
        writer.value(value)
        return writer.bytes
    }

    /// Characters: E.164's 15 digits with signs, blanks and an extension.
    private static let phoneLength = 40

    private static func metadata(_ input: inout InputReader) -> [UInt8]? {
        guard let value = input.value("metadata") else { return nil }
        guard let pairs = value.objectValue else {
            input.report("metadata", "INVALID_TYPE", "must be an object")
            return nil
        }
        guard pairs.count <= InputLimits.metadataPairs else {
            input.report("metadata", "OUT_OF_RANGE", "must have at most \(InputLimits.metadataPairs) pairs")
            return nil
        }
        for pair in pairs {
            guard let text = pair.value.stringValue else {
                input.report("metadata.\(pair.name)", "INVALID_TYPE", "must be a string")
                continue
            }
            if TextProblem.find(in: pair.name, length: 1...InputLimits.metadataKeyLength) != nil {
                input.report(
                    "metadata", "INVALID_VALUE", "names must have 1 to \(InputLimits.metadataKeyLength) characters")
            }
            if TextProblem.find(in: text, length: 0...InputLimits.metadataValueLength) != nil {
                input.report(
                    "metadata.\(pair.name)", "INVALID_VALUE",
                    "must have at most \(InputLimits.metadataValueLength) characters, without NUL")
            }
        }
        var writer = JSONWriter()
        writer.value(value)
        return writer.bytes
    }
}
