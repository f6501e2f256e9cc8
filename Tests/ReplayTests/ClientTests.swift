import EventLoop
import Realtime
import TestSupport
import Testing
import Wire

@testable import Replay

@Suite(.timeLimit(.minutes(1))) struct ClientTests {
    static func event(_ seq: Int, _ type: String = "order.matching", _ status: String = "MATCHING") -> [UInt8] {
        Array(#"{"orderId":"o1","seq":\#(seq),"type":"\#(type)","status":"\#(status)","data":{}}"#.utf8)
    }

    @Test func `a creating request is sent again with its key until it is answered`() async throws {
        let (keys, id, retries) = try await onLoop {
            let cluster = try ClusterStandIn()
            var keys: [String] = []
            cluster.router.onNow(.post, "/api/v1/orders") { request in
                keys.append(request.headers["idempotency-key"] ?? "none")
                return keys.count == 1
                    ? ClusterStandIn.json(503, "{}", retryAfter: "0") : ClusterStandIn.json(202, #"{"id":"o1"}"#)
            }
            let api = API(door: try cluster.door())
            let json = try await api.ask(.post, "/orders", body: Array("{}".utf8), idempotencyKey: "k1")
            api.pool.close()
            await cluster.close()
            return (keys, json["id"]?.stringValue, api.retries)
        }
        #expect(keys == ["k1", "k1"])
        #expect(id == "o1")
        #expect(retries == 1)
    }

    @Test func `a token that is no longer good is replaced and the request repeated`() async throws {
        let tokens = try await onLoop {
            let cluster = try ClusterStandIn()
            var tokens: [String] = []
            cluster.router.onNow(.get, "/api/v1/orders/o1") { request in
                tokens.append(request.headers["authorization"] ?? "none")
                return tokens.count == 1
                    ? ClusterStandIn.json(401, #"{"code":"TOKEN_EXPIRED"}"#) : ClusterStandIn.json(200, "{}")
            }
            let (api, party) = try await cluster.party()
            _ = try await api.ask(.get, "/orders/o1", as: party.account)
            party.account.retire()
            api.pool.close()
            await cluster.close()
            return tokens
        }
        #expect(tokens == ["Bearer register", "Bearer refresh"])
    }

    @Test func `what the cluster refuses is an error that says what was refused`() async throws {
        let text = try await onLoop {
            let cluster = try ClusterStandIn()
            let api = API(door: try cluster.door())
            cluster.router.onNow(.post, "/api/v1/orders") { _ in
                ClusterStandIn.json(422, #"{"code":"UNKNOWN_FIELD","errors":[{"message":"no such field"}]}"#)
            }
            var text = ""
            do throws(ReplayError) {
                _ = try await api.ask(.post, "/orders", body: Array("{}".utf8))
            } catch {
                text = "\(error)"
            }
            api.pool.close()
            await cluster.close()
            return text
        }
        #expect(text == "POST /orders: 422 UNKNOWN_FIELD no such field")
    }

    @Test func `a socket that is lost comes back, names what it saw, and its question is asked again`() async throws {
        let (auths, asked, arrivals, losses) = try await onLoop {
            let cluster = try ClusterStandIn()
            var asked = 0
            cluster.namespace.on("offer_accept") { socket, event in
                asked += 1
                if asked == 1 {
                    // Pushed, then gone before the answer.
                    socket.emit("order_status_update", json: Self.event(2))
                    SystemTiming.shared.after(.milliseconds(20)) { socket.disconnect(close: true) }
                } else {
                    event.acknowledge(Array(#"{"ok":true}"#.utf8))
                }
            }
            cluster.onConnect = { socket in
                if cluster.connected.count == 1 { socket.emit("order_created", json: Self.event(1, "order.created")) }
            }
            let (api, party) = try await cluster.party()
            party.know("o2")
            party.socket.start()
            let answer = await party.ask("offer_accept", Array("{}".utf8))
            let result = (cluster.auths, answer.isOK ? asked : -1, party.log.arrivals, party.socket.losses)
            party.socket.stop()
            party.account.retire()
            api.pool.close()
            await cluster.close()
            return result
        }
        #expect(asked == 2)
        #expect(losses == 1)
        #expect(arrivals == ["o1": [1, 2]])
        #expect(auths.count == 2)
        #expect(auths.first?["token"]?.stringValue == "register")
        #expect(auths.first?["after"] == nil)
        #expect(auths.last?["after"]?["o1"]?.integerValue == 2)
        #expect(auths.last?["after"]?["o2"]?.integerValue == 0)
    }

    @Test func `work in parallel is bounded, and the first error ends it`() async throws {
        let (most, begun, error) = await Task { @Loop in
            Loop.runInBackground()
            var (running, most, begun) = (0, 0, 0)
            var caught: ReplayError?
            do throws(ReplayError) {
                try await Parallel.run(100, atOnce: 4) { index throws(ReplayError) in
                    begun += 1
                    running += 1
                    most = max(most, running)
                    await Task.yield()
                    running -= 1
                    if index == 10 { throw .refused("ten") }
                }
            } catch {
                caught = error
            }
            return (most, begun, caught)
        }.value
        #expect(most == 4)
        #expect(begun < 20)
        #expect(error == .refused("ten"))
    }
}
