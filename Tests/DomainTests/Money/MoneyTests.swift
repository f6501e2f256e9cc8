import Domain
import Testing

@Suite struct MoneyTests {
    static let euro = Currency("EUR")!

    static func euros(_ cents: Int64) -> Money? { Money(minorUnits: cents, currency: euro) }

    @Test func `amounts are multiplied and added`() {
        #expect(Self.euros(1250)?.times(3)?.minorUnits == 3750)
        #expect(Money.sum([Self.euros(5)!, Self.euros(7)!], currency: Self.euro)?.minorUnits == 12)
        #expect(Money.sum([], currency: Self.euro)?.minorUnits == 0)
    }

    @Test func `what does not fit is nil, never wrapped`() {
        #expect(Self.euros(Money.maximum)?.plus(Self.euros(1)!) == nil)
        #expect(Self.euros(Money.maximum)?.times(2) == nil)
        #expect(Self.euros(Money.maximum)?.times(.max) == nil)
        #expect(Self.euros(.max) == nil && Self.euros(.min) == nil)
    }

    @Test func `the dearest order fits`() {
        let line = Self.euros(InputLimits.price.upperBound)?.times(InputLimits.quantity.upperBound)
        #expect(line != nil)
        #expect(Money.sum(Array(repeating: line!, count: InputLimits.items.upperBound), currency: Self.euro) != nil)
    }

    @Test func `currencies do not mix`() {
        #expect(Self.euros(1)?.plus(Money(minorUnits: 1, currency: Currency("USD")!)!) == nil)
        #expect(Money.sum([Self.euros(1)!], currency: Currency("JPY")!) == nil)
    }

    @Test func `codes are those of ISO 4217 in capitals`() {
        for code in ["EUR", "USD", "JPY", "SAR", "BRL", "MXN", "XOF"] { #expect(Currency(code)?.code == code) }
        for code in ["eur", "EU", "EURO", "XXX", "XAU", "DEM", "", "ABC"] { #expect(Currency(code) == nil) }
        #expect(Currency.codes.count == 155)
        #expect(Currency.codes.allSatisfy { $0.utf8.count == 3 })
    }
}
