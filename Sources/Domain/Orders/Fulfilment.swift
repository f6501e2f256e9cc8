/// How an order reaches its customer: by a driver who is matched to it, or as a parcel that the merchant ships.
public enum Fulfilment: String, CaseIterable, Hashable, Sendable {
    case delivery = "DELIVERY"
    case parcel = "PARCEL"
}
