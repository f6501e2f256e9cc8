import EventLoop
import TestSupport
import Testing

@testable import Realtime

@Suite(.timeLimit(.minutes(1))) struct InflaterTests {
    /// RFC 7692 section 7.2.3.
    @Test(arguments: [
        ("f248cdc9c90700", "Hello"), ("000500faff48656c6c6f00", "Hello"), ("f348cdc9c9070000", "Hello"),
        ("f24805000000ffffcac9c90700", "Hello"), ("00", ""),
    ])
    func `what the RFC shows is decompressed`(payload: String, message: String) async throws {
        let found = try await onLoop {
            let inflater = try #require(Inflater())
            return try inflater.message(Self.bytes(payload), limit: 100)
        }
        #expect(String(decoding: found, as: UTF8.self) == message)
    }

    @Test func `a kept window is referred to by the next message, and a forgotten one is not there`() async throws {
        let (kept, forgotten) = try await onLoop {
            let inflater = try #require(Inflater())
            _ = try inflater.message(Self.bytes("f248cdc9c90700"), limit: 100)
            let kept = try inflater.message(Self.bytes("f200110000"), limit: 100)
            inflater.reset()
            let forgotten = try? inflater.message(Self.bytes("f200110000"), limit: 100)
            return (kept, forgotten)
        }
        #expect(String(decoding: kept, as: UTF8.self) == "Hello")
        #expect(forgotten == nil)
    }

    @Test func `a bomb is refused at the limit, and the next message is read`() async throws {
        let (failure, exact, next) = try await onLoop {
            let deflater = try #require(Deflater(.raw))
            let inflater = try #require(Inflater())
            var bomb: [UInt8] = []
            [UInt8](repeating: 0, count: 50 << 20).withUnsafeBytes { deflater.flush($0, to: &bomb) }
            var failure: Inflater.Failure?
            do throws(Inflater.Failure) { _ = try inflater.message(bomb, limit: 1_000_000) } catch { failure = error }
            inflater.reset()
            deflater.reset()
            var small: [UInt8] = []
            [UInt8](repeating: 7, count: 1_000).withUnsafeBytes { deflater.flush($0, to: &small) }
            let exact = try inflater.message(Array(small.dropLast(4)), limit: 1_000)
            return (failure, exact.count, try inflater.message(Self.bytes("f248cdc9c90700"), limit: 5))
        }
        #expect(failure == .tooLarge)
        #expect(exact == 1_000)
        #expect(next.count == 5)
    }

    @Test(arguments: ["ff", "07", "000500fafe48656c6c6f00"])
    func `what is no DEFLATE stream is refused`(payload: String) async throws {
        let failure = try await onLoop {
            let inflater = try #require(Inflater())
            do throws(Inflater.Failure) {
                _ = try inflater.message(Self.bytes(payload), limit: 100)
                return Inflater.Failure?.none
            } catch {
                return error
            }
        }
        #expect(failure == .corrupt)
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal.utf8).map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
