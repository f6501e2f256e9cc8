import Domain
import EventLoop
import Wire

extension Stage {
    /// The order as the cluster has it now; nil when it may not be seen or cannot be asked for.
    func state(of orderID: String, as party: Party) async -> JSONValue? {
        do throws(ReplayError) {
            return try await api.ask(.get, "/orders/\(orderID)", as: party.account)
        } catch {
            return nil
        }
    }

    // MARK: Customers

    func place(_ order: OrderPlay, index: Int) async {
        await clock.sleep(until: order.plan.placement)
        let shop = cast.shops[order.plan.restaurant]
        let door = coordinate(of: order.plan.dropoff)
        let body = jsonObject {
            $0.field("merchantId", shop.id)
            $0.field("items") {
                $0.array {
                    $0.object {
                        $0.field("productId", shop.product)
                        $0.field("quantity", 1 + index % 3)
                    }
                }
            }
            $0.field("dropoff") { $0.place(door) }
            $0.field("payment", PaymentMethod.cash.rawValue)
            $0.field("externalId", "\(cast.run)-\(order.plan.name)")
        }
        do throws(ReplayError) {
            let answer = try await api.ask(
                .post, "/orders", as: order.customer.account, body: body,
                idempotencyKey: "\(cast.run)-order-\(index)")
            guard let id = answer["id"]?.stringValue else { throw .refused("an order without an id") }
            placed(order, id: id)
        } catch {
            fail("order \(order.plan.name) could not be placed: \(error)")
        }
        order.isPlacementOver = true
        order.kitchen.wake()
        guard order.id != nil, let minute = order.plan.cancellation else { return }
        await clock.sleep(until: minute)
        if order.pickedUpAt == nil { await cancel(order, reason: "changed my mind") }
    }

    func cancel(_ order: OrderPlay, reason: String) async {
        guard let id = order.id, order.end == nil else { return }
        causes(OrderStatus.cancelled.rawValue, of: id)
        do throws(ReplayError) {
            let answer = try await api.request(
                .patch, "/orders/\(id)/cancel", as: order.customer.account,
                body: jsonObject { $0.field("reason", reason) })
            if answer.reply.status == 200, let status = answer.json["status"]?.stringValue {
                order.update(status: status)
            } else if answer.reply.status == 409 {
                await refresh(order)
            } else {
                throw API.refusal(.patch, "/orders/\(id)/cancel", answer.reply)
            }
        } catch {
            fail("\(error)")
        }
    }

    /// Asks for the order's status, should the word of its end never have come.
    func refresh(_ order: OrderPlay) async {
        guard let id = order.id, let state = await state(of: id, as: order.customer) else { return }
        if let status = state["status"]?.stringValue { order.update(status: status) }
    }

    // MARK: Kitchens

    /// Prepares as soon as the restaurant is told of the order, and marks it ready at its time.
    func cook(_ order: OrderPlay) async {
        let ready = clock.time(of: order.plan.ready)
        while order.id == nil || !order.isKnownInKitchen, order.end == nil, SystemTiming.shared.now < ready {
            await order.kitchen.wait(until: ready)
        }
        if order.isKnownInKitchen, clock.minute < order.plan.ready { await mark(order, .preparing) }
        while order.end == nil, order.id == nil || SystemTiming.shared.now < ready {
            await order.kitchen.wait(until: max(ready, SystemTiming.shared.now + Self.kitchenCheck))
            if order.id == nil, order.isPlacementOver { return }
        }
        await mark(order, .ready)
    }

    /// How often a kitchen whose order is late looks again.
    private static let kitchenCheck: Duration = .seconds(1)

    private func mark(_ order: OrderPlay, _ state: PreparationState) async {
        guard let id = order.id, order.end == nil else { return }
        causes(state.rawValue, of: id)
        do throws(ReplayError) {
            let path = "/orders/\(id)/preparation"
            let answer = try await api.request(
                .patch, path, as: order.merchant.account, body: jsonObject { $0.field("state", state.rawValue) })
            guard answer.reply.status != 200 else { return }
            await refresh(order)
            if order.end == nil { throw API.refusal(.patch, path, answer.reply) }
        } catch {
            fail("\(error)")
        }
    }
}
