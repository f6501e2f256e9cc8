import Domain
import Testing

@Suite struct MatchingSettingsTests {
    @Test func `without variables the contract's defaults hold`() throws {
        let settings = try MatchingSettings(environment: ["MATCHING_ATTEMPTS": "", "PORT": "3000"])
        #expect(settings == MatchingSettings())
        #expect(settings.radiiMeters == [1000, 3000, 8000])
        #expect(settings.offersAtOnce == 3 && settings.attempts == 8)
        #expect(settings.offerSeconds == 15 && settings.backoffSeconds == 2)
    }

    @Test func `decimals are taken`() throws {
        let settings = try MatchingSettings(environment: [
            "MATCHING_OFFERS_AT_ONCE": "500", "MATCHING_RADII_METERS": " 0.5, 10.25,8000 ",
            "MATCHING_OFFER_SECONDS": "0.25", "MATCHING_BACKOFF_SECONDS": ".05", "MATCHING_ATTEMPTS": "3.0",
        ])
        #expect(settings.offersAtOnce == 500)
        #expect(settings.radiiMeters == [0.5, 10.25, 8000])
        #expect(settings.offerSeconds == 0.25 && settings.backoffSeconds == 0.05)
        #expect(settings.attempts == 3)
    }

    @Test(arguments: [
        ("MATCHING_OFFERS_AT_ONCE", "0"), ("MATCHING_OFFERS_AT_ONCE", "501"), ("MATCHING_OFFERS_AT_ONCE", "2.5"),
        ("MATCHING_OFFERS_AT_ONCE", "-1"), ("MATCHING_RADII_METERS", "3000,1000"), ("MATCHING_RADII_METERS", "1,1"),
        ("MATCHING_RADII_METERS", "1000,"), ("MATCHING_RADII_METERS", ","), ("MATCHING_RADII_METERS", "0"),
        ("MATCHING_RADII_METERS", "a"), ("MATCHING_RADII_METERS", "1,2,3,4,5,6,7,8,9,10,11"),
        ("MATCHING_OFFER_SECONDS", "0"), ("MATCHING_OFFER_SECONDS", "nan"), ("MATCHING_OFFER_SECONDS", "1e3"),
        ("MATCHING_OFFER_SECONDS", "0x10"), ("MATCHING_BACKOFF_SECONDS", "inf"), ("MATCHING_BACKOFF_SECONDS", "3601"),
        ("MATCHING_BACKOFF_SECONDS", "1.2.3"), ("MATCHING_BACKOFF_SECONDS", "."), ("MATCHING_ATTEMPTS", "101"),
        ("MATCHING_ATTEMPTS", "eight"),
    ])
    func `a senseless value is refused by the name of its variable`(name: String, value: String) {
        let error = #expect(throws: DomainError.self) { try MatchingSettings(environment: [name: value]) }
        #expect(error?.description.hasPrefix("\(name) is \"\(value)\": expected ") == true)
        #expect(error?.description.contains("\n") == false)
    }

    @Test func `jitter varies a wait by a quarter and the wait is bounded`() {
        let backoff = Backoff(baseSeconds: 2, maximumSeconds: 300)
        #expect(backoff.seconds(afterFailures: 3, jitter: 0) == 6)
        #expect(backoff.seconds(afterFailures: 3, jitter: 1) == 10)
        #expect(backoff.seconds(afterFailures: 0, jitter: 0.5) == 2)
        #expect(backoff.seconds(afterFailures: .max, jitter: 0.5) == 300)
    }
}
