/// What an account is (contract, Conventions, roles). Raw values are what goes on the wire and into tokens.
public enum Role: String, CaseIterable, Hashable, Sendable {
    case admin = "ADMIN"
    case customer = "CUSTOMER"
    case driver = "DRIVER"
    case merchant = "MERCHANT"
}
