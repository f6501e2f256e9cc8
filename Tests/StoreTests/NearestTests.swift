import Domain
import Foundation
import Postgres
@testable import Store
import TestSupport
import Testing

struct NearestTests {
    /// 100,000 drivers: six of ten in one city at 65° north, three of ten in another, the rest anywhere; half of them off
    /// duty, two of five full, half of them silent; each third of those near the first has refused the order.
    static let crowd = """
        SELECT setseed(0.42);
        INSERT INTO accounts (id, email, name, password_hash, role)
        SELECT ('00000000-0000-7000-9000-' || lpad(to_hex(i), 12, '0'))::uuid, 'd' || i, 'd', 'x', 'DRIVER'
        FROM generate_series(1, 100000) i;
        INSERT INTO drivers (id, available, load)
        SELECT id, random() < 0.5, (random() < 0.4)::int FROM accounts WHERE role = 'DRIVER';
        CREATE TABLE spots AS SELECT id, random() AS r FROM drivers;
        INSERT INTO driver_positions (driver_id, location, at, received_at)
        SELECT id, place(
                CASE WHEN r < 0.6 THEN 65 + (random() - 0.5) * 0.3 * random()
                    WHEN r < 0.9 THEN 48.85 + (random() - 0.5) * 0.1 ELSE random() * 170 - 85 END,
                CASE WHEN r < 0.6 THEN 25 + (random() - 0.5) * 0.7 * random()
                    WHEN r < 0.9 THEN 2.35 + (random() - 0.5) * 0.2 ELSE random() * 360 - 180 END),
            now(), now() + CASE WHEN random() < 0.5 THEN interval '1 day' ELSE interval '-1 day' END
        FROM spots;
        DROP TABLE spots;
        """
    /// A few drivers at the antimeridian and at the pole.
    static let edges = """
        INSERT INTO accounts (id, email, name, password_hash, role)
        SELECT ('00000000-0000-7000-a000-' || lpad(to_hex(i), 12, '0'))::uuid, 'e' || i, 'd', 'x', 'DRIVER'
        FROM generate_series(1, 200) i;
        INSERT INTO drivers (id, available) SELECT id, true FROM accounts WHERE email LIKE 'e%';
        INSERT INTO driver_positions (driver_id, location, at, received_at)
        SELECT id, CASE WHEN n <= 100 THEN place(-16.8 + random() * 0.1,
                CASE WHEN random() < 0.5 THEN -180 + random() * 0.05 ELSE 180 - random() * 0.05 END)
                ELSE place(89.95 + random() * 0.05, random() * 360 - 180) END, now(), now() + interval '1 day'
        FROM (SELECT id, row_number() OVER () AS n FROM accounts WHERE email LIKE 'e%') x;
        ANALYZE;
        """

    static func brute(_ latitude: Double, _ longitude: Double, radius: Double, limit: Int, order: UUID16?) -> String {
        """
        SELECT string_agg(driver_id || ' ' || round(meters::numeric, 3), ',' ORDER BY meters, driver_id) FROM (
            SELECT p.driver_id, ST_Distance(p.location::geography,
                ST_SetSRID(ST_MakePoint(\(longitude), \(latitude)), 4326)::geography) AS meters
            FROM driver_positions p JOIN drivers d ON d.id = p.driver_id
            WHERE d.available AND d.load < d.capacity AND p.received_at > now() - interval '60 s'
                AND NOT EXISTS (SELECT 1 FROM offers f WHERE f.driver_id = p.driver_id
                    AND f.order_id = '\(order?.description ?? "00000000-0000-0000-0000-000000000000")')
            ORDER BY 2, 1 LIMIT \(limit)) x WHERE meters <= \(radius)
        """
    }

    @Test func `nearest is nearest in metres, and found by the index`() async throws {
        try await withShop { shop in
            let order = try await shop.order(try await shop.product(stock: nil))
            _ = try shop.sql(Self.crowd)
            _ = try shop.sql(Self.edges)
            _ = try shop.sql(
                """
                INSERT INTO offers (id, order_id, driver_id, round, state, order_version, distance_meters, payout, currency,
                    expires_at)
                SELECT uuid_v7(), '\(order)', driver_id, 1, CASE WHEN n % 2 = 0 THEN 'OPEN' ELSE 'REJECTED' END, 2, 1, 1,
                    'EUR', now()
                FROM (SELECT driver_id, row_number() OVER () AS n FROM driver_positions
                    WHERE ST_DWithin(location::geography, place(65, 25)::geography, 3000)) x WHERE n % 3 = 0;
                ANALYZE;
                """)
            // In a city, between cities, at the antimeridian, at the pole; few and many; near and far.
            let places: [(Double, Double, Double, Int)] = [
                (65, 25, 8000, 10), (65.01, 25.02, 8000, 1), (65, 25.3, 20_000, 200), (64.9, 24.7, 50_000, 17),
                (48.85, 2.35, 1000, 500), (48.9, 2.46, 300, 10), (-16.75, 179.999, 8000, 40),
                (-16.8, -179.98, 20_000, 30),
                (89.99, 10, 8000, 30), (90, 0, 3000, 100), (0, 0, 8000, 10), (30, 100, 500_000, 25),
            ]
            for (latitude, longitude, radius, limit) in places {
                for asked in [order, nil] {
                    let found = try await shop.store.nearestFreeDrivers(
                        place(latitude, longitude), radiusMeters: radius, limit: limit,
                        silentSeconds: Shop.silentSeconds, order: asked)
                    let expected = try shop.sql(
                        Self.brute(latitude, longitude, radius: radius, limit: limit, order: asked))
                    let lines = found.map { "\($0.driverID) \(String(format: "%.3f", $0.distanceMeters))" }
                    #expect(lines.joined(separator: ",") == expected, "at \(latitude), \(longitude)")
                }
            }

            let arguments = "(65.0, 25.0, 8000.0, 10, 60.0, '\(order)')"
            let statement = Store.nearest.sql.replacing("($1, $2, $3, $4, $5, $6)", with: arguments)
            #expect(statement != Store.nearest.sql)
            let asWritten = try shop.sql("EXPLAIN \(statement)")
            let prepared = try shop.sql(
                """
                PREPARE nearest AS \(Store.nearest.sql);
                SET plan_cache_mode = force_generic_plan;
                EXPLAIN EXECUTE nearest\(arguments)
                """)
            for plan in [asWritten, prepared] {
                // The second pass costs nearly the same as an index scan and as a bitmap over the same index: the sample
                // that ANALYZE drew decides.
                let scans =
                    plan.components(separatedBy: "Index Scan using driver_positions_place").count
                    + plan.components(separatedBy: "Bitmap Index Scan on driver_positions_place").count - 2
                #expect(scans == 2, "both passes: \(plan)")
                #expect(plan.contains("Order By: (location <->"))
                #expect(!plan.contains("Seq Scan on driver_positions"))
                #expect(!plan.contains("Seq Scan on drivers"))
                #expect(plan.contains("offers_order_driver"))
            }
        }
    }

    @Test func `merchants come nearest first, page by page, none twice and none left out`() async throws {
        try await withShop { shop in
            _ = try shop.sql(
                """
                INSERT INTO merchants (id, name, kind, location, currency)
                SELECT uuid_v7(), 'Shop ' || i, CASE WHEN i % 2 = 0 THEN 'STORE' ELSE 'RESTAURANT' END,
                    place(65 + (i % 40) * 0.002, 25 + (i / 40) * 0.004), 'EUR'
                FROM generate_series(1, 400) i; ANALYZE merchants;
                """)
            let near = try place(65.02, 25.02)
            var names: [String] = []
            var distances: [Double] = []
            var cursor: String?
            repeat {
                let page = try await shop.store.listMerchants(
                    near: near, radiusMeters: 3000, kind: "STORE", query: "shop", cursor: cursor, limit: 7)
                let object = try #require(
                    try JSONSerialization.jsonObject(with: Data(page)) as? [String: Any])
                for merchant in try #require(object["data"] as? [[String: Any]]) {
                    names.append(try #require(merchant["name"] as? String))
                    distances.append(try #require(merchant["distanceMeters"] as? Double))
                }
                cursor = object["nextCursor"] as? String
            } while cursor != nil
            let expected = try shop.sql(
                """
                SELECT string_agg(name, ',' ORDER BY ST_Distance(location::geography, place(65.02, 25.02)::geography), id)
                FROM merchants WHERE kind = 'STORE' AND name LIKE 'Shop%'
                    AND ST_Distance(location::geography, place(65.02, 25.02)::geography) <= 3000
                """)
            #expect(names.joined(separator: ",") == expected)
            #expect(distances == distances.sorted())
            #expect(names.count > 50)
        }
    }
}
