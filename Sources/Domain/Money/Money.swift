/// An amount in minor units (cents) of a currency. Arithmetic never wraps: what does not fit is nil.
public struct Money: Hashable, Sendable {
    public let minorUnits: Int64
    public let currency: Currency

    /// Nil beyond ±`maximum`.
    public init?(minorUnits: Int64, currency: Currency) {
        guard minorUnits >= -Self.maximum, minorUnits <= Self.maximum else { return nil }
        self.minorUnits = minorUnits
        self.currency = currency
    }

    /// 2⁵³ − 1: the largest whole number that every JSON reader keeps exactly.
    public static let maximum: Int64 = 9_007_199_254_740_991

    /// The price of several; nil when it does not fit.
    public func times(_ quantity: Int) -> Money? {
        let (product, overflow) = minorUnits.multipliedReportingOverflow(by: Int64(quantity))
        return overflow ? nil : Money(minorUnits: product, currency: currency)
    }

    /// Nil when it does not fit or the currencies differ.
    public func plus(_ other: Money) -> Money? {
        guard currency == other.currency else { return nil }
        let (sum, overflow) = minorUnits.addingReportingOverflow(other.minorUnits)
        return overflow ? nil : Money(minorUnits: sum, currency: currency)
    }

    /// Nil when it does not fit or a currency is another.
    public static func sum(_ amounts: [Money], currency: Currency) -> Money? {
        var total = Money(minorUnits: 0, currency: currency)
        for amount in amounts { total = total?.plus(amount) }
        return total
    }
}
