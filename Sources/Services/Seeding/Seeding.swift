import Domain
public import EventLoop
public import Store
public import Telemetry

/// Puts the demo's accounts, merchants and products into a database (`SEED_TEST_DATA`). What is there already is left as it
/// is, so it may run at every start and on several nodes at once.
@Loop
public struct Seeding {
    private let accounts: Accounts
    private let store: Store
    private let log: Log

    public init(accounts: Accounts, store: Store, log: Log) {
        self.accounts = accounts
        self.store = store
        self.log = log
    }

    /// - Throws: when the database cannot be asked.
    public func run() async throws(ServiceError) {
        for account in DemoData.accounts where try await find(account.email) == nil {
            do throws(ServiceError) {
                _ = try await accounts.create(
                    email: account.email, password: DemoData.password, name: account.name, role: account.role,
                    locale: nil)
            } catch {
                // Another node was faster.
                guard error.code == ServiceError.emailTaken.code else { throw error }
            }
        }
        guard let owner = try await find(DemoData.merchantEmail) else { return }
        for merchant in DemoData.merchants { try await seed(merchant, owner: owner) }
    }

    private func find(_ email: String) async throws(ServiceError) -> UUID16? {
        try await storing { () async throws(StoreError) in try await store.account(email: email)?.id }
    }

    private func seed(_ merchant: DemoData.Merchant, owner: UUID16) async throws(ServiceError) {
        guard let place = Coordinate(latitude: merchant.latitude, longitude: merchant.longitude) else { return }
        let id = DemoData.id(of: merchant.number)
        await makingOnce { () async throws(StoreError) in
            guard try await store.merchant(id, for: nil) == nil else { return }
            _ = try await store.createMerchant(
                NewMerchant(
                    id: id, ownerID: owner, name: merchant.name, kind: merchant.kind.rawValue, place: place,
                    address: merchant.address, currency: Self.currency, location: ""))
        }
        for (index, product) in merchant.products.enumerated() {
            let productID = DemoData.id(of: merchant.number, product: UInt64(index + 1))
            await makingOnce { () async throws(StoreError) in
                guard try await store.product(productID, of: id) == nil else { return }
                _ = try await store.createProduct(
                    NewProduct(
                        id: productID, merchantID: id, accountID: owner, name: product.name, price: product.price,
                        currency: Self.currency, stock: product.stock, location: ""))
            }
        }
    }

    /// Two nodes that look at the same moment both find nothing: the slower one's row is refused by its key. So is one that
    /// somebody has deleted, which stays deleted.
    private func makingOnce(_ body: () async throws(StoreError) -> Void) async {
        do throws(StoreError) {
            try await body()
        } catch {
            log.debug("seed.skipped", ["reason": .string("\(error)")])
        }
    }

    private static let currency = "EUR"
}
