import Domain
import Testing

@Suite struct DriverSettingsTests {
    @Test func `settings are read by name, decimals too`() throws {
        let settings = try DriverSettings(environment: ["DRIVER_SILENT_SECONDS": "0.5", "DRIVER_LOST_SECONDS": "2"])
        #expect(settings == DriverSettings(silentSeconds: 0.5, lostSeconds: 2))
        #expect(settings.stampSeconds == 0.125)
        let error = #expect(throws: DomainError.self) {
            try DriverSettings(environment: ["DRIVER_LOST_SECONDS": "never"])
        }
        #expect(error?.description.hasPrefix("DRIVER_LOST_SECONDS") == true)
    }
}
