import Domain

/// What somebody may register as without being invited.
enum RegistrableRole: String, CaseIterable {
    case customer = "CUSTOMER"
    case driver = "DRIVER"
    case merchant = "MERCHANT"

    var role: Role {
        switch self {
        case .customer: .customer
        case .driver: .driver
        case .merchant: .merchant
        }
    }
}
