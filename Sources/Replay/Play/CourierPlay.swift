import Domain
import EventLoop
import Wire

/// One courier's day: on duty, offers, one order at a time, off duty.
@Loop
final class CourierPlay {
    let plan: Day.Courier
    let party: Party
    let stage: Stage
    let news = Wakeup()
    var place: Point
    private var random: SeededGenerator
    private var offers: [Offer] = []
    private var answered: Set<String> = []
    /// The order being carried out, while it is still this courier's.
    private(set) var current: String?
    private(set) var isReady = false
    private(set) var isFinished = false
    private(set) var isOnDuty = false

    /// Of the offers not taken, those that get no answer at all.
    private static let silences = 1.0 / 3
    /// Seconds of the day between an offer and the courier's answer.
    private static let reactionSeconds = 5.0...20.0
    /// Minutes of the day to spare before the off-time: the meal may be late.
    private static let spareMinutes = 1.0

    init(plan: Day.Courier, index: Int, stage: Stage) {
        self.plan = plan
        self.stage = stage
        party = stage.cast.couriers[index]
        place = plan.place
        random = SeededGenerator(seed: stage.options.seed, stream: UInt64(index) + 1)
        party.onOrderEvent = { [weak self] event in self?.receive(event) }
        party.onOther = { [weak self] name, payload in self?.receive(name, payload) }
        // What is still open comes again after each CONNECT.
        party.socket.onConnect = { [weak self] in self?.offers = [] }
    }

    func play() async {
        await stage.clock.sleep(until: plan.onTime)
        guard !stage.isOver else { return }
        party.socket.start()
        let start = stage.clock.minute
        guard await setAvailable(true) else {
            isFinished = true
            return
        }
        isOnDuty = true
        await sendPosition(place, awaitingAnswer: true)
        while stage.clock.minute < plan.offTime, !stage.isOver {
            guard let offer = nextOffer() else {
                await news.wait(until: stage.clock.time(of: plan.offTime))
                continue
            }
            await consider(offer)
        }
        _ = await setAvailable(false)
        isOnDuty = false
        stage.dutyMinutes += max(stage.clock.minute, plan.offTime) - start
        isFinished = true
    }

    // MARK: Pushes

    private func receive(_ event: OrderEvent) {
        guard event.orderID == current else { return }
        if event.type == OrderEventType.ready.name { isReady = true }
        if event.isUnassignment || event.endsOrder { current = nil }
        news.wake()
    }

    private func receive(_ name: String, _ payload: JSONValue) {
        switch name {
        case "order_offer":
            guard let offer = Offer(payload, stage: stage), !answered.contains(offer.id),
                !offers.contains(where: { $0.id == offer.id })
            else { return }
            offers.append(offer)
            news.wake()
        case "offer_withdrawn":
            guard let id = payload["offerId"]?.stringValue else { return }
            offers.removeAll { $0.id == id }
            news.wake()
        default: break
        }
    }

    // MARK: Offers

    private func nextOffer() -> Offer? {
        let now = SystemTiming.shared.now
        offers.removeAll { $0.expiresAt <= now }
        return offers.isEmpty ? nil : offers.removeFirst()
    }

    private func consider(_ offer: Offer) async {
        answered.insert(offer.id)
        guard stage.cast.shopIDs.contains(offer.merchantID) else {
            // Somebody else's order on the same cluster.
            await reject(offer, "not from here")
            return
        }
        let seconds =
            Self.reactionSeconds.lowerBound
            + (Self.reactionSeconds.upperBound - Self.reactionSeconds.lowerBound) * random.fraction()
        let refuses = random.fraction() < stage.options.refusals
        let isSilent = random.fraction() < Self.silences
        await stage.clock.sleep(until: stage.clock.minute + seconds / 60)
        if refuses {
            if !isSilent { await reject(offer, "not now") }
            return
        }
        let arrival = stage.clock.minute + stage.day.rules.travelMinutes(from: place, to: offer.pickup)
        let pickup = stage.day.rules.pickup(
            arrival: arrival, ready: stage.byID[offer.orderID]?.plan.ready ?? 0)
        guard pickup + Self.spareMinutes <= plan.offTime else {
            await reject(offer, "off duty soon")
            return
        }
        if let order = await accept(offer) { await carryOut(offer, order) }
    }

    private func reject(_ offer: Offer, _ reason: String) async {
        _ = await party.ask(
            "offer_reject",
            jsonObject {
                $0.field("orderId", offer.orderID)
                $0.field("offerId", offer.id)
                $0.field("reason", reason)
            })
    }

    /// The order when it is won.
    private func accept(_ offer: Offer) async -> JSONValue? {
        current = offer.orderID
        isReady = false
        let answer = await party.ask(
            "offer_accept",
            jsonObject {
                $0.field("orderId", offer.orderID)
                $0.field("offerId", offer.id)
            })
        if answer.isOK { return answer.json["order"] ?? .null }
        current = nil
        if answer.code == "ORDER_ALREADY_ACCEPTED" { stage.acceptsLost += 1 }
        return nil
    }

    // MARK: Carrying out

    private func carryOut(_ offer: Offer, _ order: JSONValue) async {
        if order["preparation"]?["state"]?.stringValue == PreparationState.ready.rawValue { isReady = true }
        let rules = stage.day.rules
        guard await drive(to: offer.pickup, announcing: .driverArriving, of: offer.orderID) else { return }
        let arrival = stage.clock.minute
        let service = stage.clock.time(of: arrival + rules.pickupService / 2)
        guard await wait(until: service), await awaitMeal(of: offer.orderID) else { return }
        if stage.clock.minute > plan.offTime {
            await release(offer.orderID)
            return
        }
        guard await move(offer.orderID, to: .pickedUp) else { return }
        let pickup = stage.clock.minute
        stage.byID[offer.orderID]?.pickedUpAt = pickup
        // What is carried cannot be taken away: from here on only the clock is waited for.
        await stage.clock.sleep(until: pickup + rules.pickupService / 2)
        _ = await drive(to: offer.dropoff, announcing: nil, of: offer.orderID)
        let door = stage.clock.minute
        await stage.clock.sleep(until: rules.dropoff(arrival: door))
        guard await move(offer.orderID, to: .delivered) else {
            stage.fail("order \(offer.orderID) could not be delivered")
            return
        }
        if let order = stage.byID[offer.orderID] {
            order.deliveredAt = stage.clock.minute
            order.update(status: OrderStatus.delivered.rawValue)
        }
        current = nil
        await stage.clock.sleep(until: stage.clock.minute + rules.dropoffService / 2)
        stage.busyMinutes += rules.pickupService + rules.dropoffService
    }

    /// False when the order was taken away before `time`.
    private func wait(until time: LoopTime) async -> Bool {
        while current != nil, SystemTiming.shared.now < time { await news.wait(until: time) }
        return current != nil
    }

    /// Between two questions at the counter, should the word that the meal is ready never have come.
    private static let counterQuestion: Duration = .seconds(5)

    private func awaitMeal(of orderID: String) async -> Bool {
        while current != nil, !isReady {
            let next = SystemTiming.shared.now + Self.counterQuestion
            await news.wait(until: next)
            guard SystemTiming.shared.now >= next, !isReady else { continue }
            guard let order = await stage.state(of: orderID, as: party) else { continue }
            if order["preparation"]?["state"]?.stringValue == PreparationState.ready.rawValue { isReady = true }
            if order["driverId"]?.stringValue != party.account.id { current = nil }
        }
        return current != nil
    }

    // MARK: Driving

    /// Real time between two positions while driving.
    private static let positionInterval: Duration = .milliseconds(1500)
    /// Minutes of the day before arrival at which it is announced.
    private static let announcedMinutes = 1.0

    /// Drives to `target`; false when the order was taken away on the way, the courier then staying where it is.
    private func drive(to target: Point, announcing status: OrderStatus?, of orderID: String) async -> Bool {
        let start = place
        let minutes = stage.day.rules.travelMinutes(from: start, to: target)
        let departure = stage.clock.minute
        let arrival = departure + minutes
        var announcement = status
        while true {
            let minute = stage.clock.minute
            place = start.moved(towards: target, by: minutes > 0 ? (minute - departure) / minutes : 1)
            if current != orderID, status != nil { break }
            if let status = announcement, minute >= arrival - Self.announcedMinutes {
                announcement = nil
                guard await move(orderID, to: status) else { break }
                continue
            }
            await sendPosition(place, awaitingAnswer: false)
            if minute >= arrival { break }
            var next = min(SystemTiming.shared.now + Self.positionInterval, stage.clock.time(of: arrival))
            if announcement != nil {
                next = min(next, stage.clock.time(of: arrival - Self.announcedMinutes))
            }
            await news.wait(until: next)
        }
        stage.busyMinutes += min(stage.clock.minute - departure, minutes)
        return current == orderID
    }

    private func sendPosition(_ point: Point, awaitingAnswer: Bool) async {
        let coordinate = stage.coordinate(of: point)
        let payload = jsonObject {
            $0.field("lat", coordinate.latitude)
            $0.field("lng", coordinate.longitude)
        }
        if awaitingAnswer {
            _ = await party.ask("location_update", payload)
        } else {
            party.socket.emit("location_update", payload)
        }
    }

    // MARK: Changes

    private func setAvailable(_ available: Bool) async -> Bool {
        let answer = await party.ask("availability", jsonObject { $0.field("available", available) })
        if !answer.isOK { stage.fail("courier \(plan.name) availability: \(answer.code)") }
        return answer.isOK
    }

    /// False when the order is no longer this courier's to move.
    private func move(_ orderID: String, to status: OrderStatus) async -> Bool {
        stage.causes(status.rawValue, of: orderID)
        let answer = await party.ask(
            "order_status",
            jsonObject {
                $0.field("orderId", orderID)
                $0.field("status", status.rawValue)
            })
        if answer.isOK { return true }
        // Done by a try whose answer was lost, or taken away meanwhile: the order itself tells.
        if let order = await stage.state(of: orderID, as: party), order["status"]?.stringValue == status.rawValue,
            order["driverId"]?.stringValue == party.account.id
        {
            return true
        }
        current = nil
        return false
    }

    private func release(_ orderID: String) async {
        stage.causes(OrderStatus.matching.rawValue, of: orderID)
        _ = await party.ask(
            "order_release",
            jsonObject {
                $0.field("orderId", orderID)
                $0.field("reason", "off duty")
            })
        current = nil
    }
}
