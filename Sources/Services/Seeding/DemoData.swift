import Domain

/// What a demo cluster holds from the start. Ids are fixed, so that nodes that start together make the same rows.
enum DemoData {
    static let password = "lastmile-demo"

    static let accounts: [(email: String, name: String, role: Role)] = [
        ("admin@example.com", "Ada Admin", .admin),
        ("customer@example.com", "Chloé Customer", .customer),
        ("driver@example.com", "Driss Driver", .driver),
        (merchantEmail, "Maya Merchant", .merchant),
    ]

    /// Who owns the merchants.
    static let merchantEmail = "merchant@example.com"

    struct Merchant {
        /// The last digits of its id.
        let number: UInt64
        let name: String
        let kind: MerchantKind
        let latitude: Double
        let longitude: Double
        let address: String
        let products: [(name: String, price: Int64, stock: Int?)]
    }

    /// A walk around the Eiffel Tower.
    static let merchants: [Merchant] = [
        Merchant(
            number: 1, name: "Le Petit Zinc", kind: .restaurant, latitude: 48.8577, longitude: 2.3009,
            address: "12 rue Saint-Dominique, Paris",
            products: [("Croque-monsieur", 1150, nil), ("Soupe à l'oignon", 890, nil), ("Tarte Tatin", 750, 40)]),
        Merchant(
            number: 2, name: "Bombay Express", kind: .restaurant, latitude: 48.8609, longitude: 2.2876,
            address: "3 avenue Kléber, Paris",
            products: [("Chicken tikka", 1390, nil), ("Vegetable biryani", 1250, nil), ("Mango lassi", 450, nil)]),
        Merchant(
            number: 3, name: "Pizzeria Trocadéro", kind: .restaurant, latitude: 48.8629, longitude: 2.2885,
            address: "8 place du Trocadéro, Paris",
            products: [("Margherita", 1190, nil), ("Quattro formaggi", 1490, nil), ("Tiramisù", 690, 25)]),
        Merchant(
            number: 4, name: "Épicerie du Champ-de-Mars", kind: .store, latitude: 48.8556, longitude: 2.2986,
            address: "41 avenue de La Bourdonnais, Paris",
            products: [("Baguette", 130, 200), ("Camembert", 520, 60), ("Apple juice, 1 l", 340, 120)]),
        Merchant(
            number: 5, name: "Entrepôt Grenelle", kind: .warehouse, latitude: 48.8507, longitude: 2.2929,
            address: "60 boulevard de Grenelle, Paris",
            products: [("Umbrella", 1990, 500), ("Phone charger", 2490, 300)]),
    ]

    /// Version 7 by its form, of the beginning of time: no node ever makes it.
    static func id(of merchant: UInt64, product: UInt64 = 0) -> UUID16 {
        UUID16.version7(milliseconds: 0, random: (0, merchant << 16 | product))
    }
}
