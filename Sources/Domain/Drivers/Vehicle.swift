/// What a driver drives.
public enum Vehicle: String, CaseIterable, Hashable, Sendable {
    case bike = "BIKE"
    case scooter = "SCOOTER"
    case car = "CAR"
    case van = "VAN"
}
