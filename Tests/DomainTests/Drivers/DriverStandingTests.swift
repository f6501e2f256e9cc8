import Domain
import Testing

@Suite struct DriverStandingTests {
    let settings = DriverSettings()

    @Test func `an open socket is a sign of life, and so is one within the silence allowed`() {
        var driver = DriverStanding(isAvailable: true, load: 0, capacity: 1, hasOpenSocket: true, lastSign: nil)
        #expect(driver.isAlive(at: at(1000), settings: settings))
        driver.hasOpenSocket = false
        #expect(!driver.isAlive(at: at(1000), settings: settings))
        driver.lastSign = at(1000)
        #expect(driver.isAlive(at: at(1060), settings: settings))
        #expect(!driver.isAlive(at: at(1060.001), settings: settings))
    }

    @Test func `free is available, alive and below capacity`() {
        let free = DriverStanding(isAvailable: true, load: 1, capacity: 2, hasOpenSocket: true, lastSign: nil)
        #expect(free.isFree(at: at(0), settings: settings))
        var other = free
        other.isAvailable = false
        #expect(!other.isFree(at: at(0), settings: settings))
        other = free
        other.load = 2
        #expect(!other.isFree(at: at(0), settings: settings))
        other = free
        other.hasOpenSocket = false
        #expect(!other.isFree(at: at(0), settings: settings))
    }

    @Test func `silence runs from the latest of sign, node's change and our own outage`() {
        func lostAt(sign: Double?, node: Double?, store: Double) -> TimeStamp {
            DriverSilence(
                lastSign: sign.map(at), nodeChange: node.map(at), storeReachableSince: at(store)
            ).lostAt(settings)
        }
        #expect(lostAt(sign: 100, node: nil, store: 0) == at(400))
        #expect(lostAt(sign: 100, node: 200, store: 0) == at(500))
        #expect(lostAt(sign: 100, node: 200, store: 300) == at(600))
        #expect(lostAt(sign: nil, node: nil, store: 50) == at(350))
        let silence = DriverSilence(lastSign: at(100), nodeChange: nil, storeReachableSince: at(0))
        #expect(!silence.isLost(at: at(399.999), settings: settings))
        #expect(silence.isLost(at: at(400), settings: settings))
    }

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
