/// Whether an account may be used.
enum AccountStanding: String, CaseIterable {
    case active = "ACTIVE"
    case locked = "LOCKED"
}
