public import Domain
import EventLoop
import Store
import Wire

extension Orders {
    /// How often a change is decided anew because the order moved meanwhile: whoever loses as often asks again.
    private static let maximumTries = 5

    /// `{status, reason?}`, and with it whatever the table of order states lets the account do. ACCEPTED is not among it:
    /// that goes by an offer.
    ///
    /// - Parameter version: the caller's; another one now → 412.
    public func move(
        _ order: UUID16, _ body: InputReader, by identity: Identity, version: Int?, correlationID: String
    ) async throws(ServiceError) -> OrderAnswer {
        var input = body
        let status = input.choice("status", OrderStatus.self)
        let reason = input.optionalText("reason", characters: 1...InputLimits.noteLength)
        try input.finish()
        guard let status else { throw .invalid("status", "REQUIRED", "is required") }
        return try await move(
            order, to: status, reason: reason, by: identity, version: version, correlationID: correlationID)
    }

    /// `{orderId, status, reason?}`: as `move`, for transports that name the order in the message.
    public func move(
        naming body: InputReader, by identity: Identity, correlationID: String
    ) async throws(ServiceError) -> OrderAnswer {
        var input = body
        let order = input.id("orderId")
        let status = input.choice("status", OrderStatus.self)
        let reason = input.optionalText("reason", characters: 1...InputLimits.noteLength)
        try input.finish()
        guard let status else { throw .invalid("status", "REQUIRED", "is required") }
        return try await move(
            order, to: status, reason: reason, by: identity, version: nil, correlationID: correlationID)
    }

    /// `{reason?}`
    public func cancel(
        _ order: UUID16, _ body: InputReader, by identity: Identity, version: Int?, correlationID: String
    ) async throws(ServiceError) -> OrderAnswer {
        try await end(order, as: .cancelled, body, by: identity, version: version, correlationID: correlationID)
    }

    /// `{reason?}`: money that was taken goes back.
    public func refund(
        _ order: UUID16, _ body: InputReader, by identity: Identity, version: Int?, correlationID: String
    ) async throws(ServiceError) -> OrderAnswer {
        try await end(order, as: .refunded, body, by: identity, version: version, correlationID: correlationID)
    }

    /// `{trackingNumber?, carrier?}`
    public func ship(
        _ order: UUID16, _ body: InputReader, by identity: Identity, version: Int?, correlationID: String
    ) async throws(ServiceError) -> OrderAnswer {
        var input = body
        let tracking = input.optionalText("trackingNumber", characters: 1...InputLimits.externalIdLength)
        let carrier = input.optionalText("carrier", characters: 1...InputLimits.nameLength)
        try input.finish()
        return try await move(
            order, to: .shipped, data: Self.data([("trackingNumber", tracking), ("carrier", carrier)]), by: identity,
            version: version, correlationID: correlationID)
    }

    /// `{proof?}`
    public func deliver(
        _ order: UUID16, _ body: InputReader, by identity: Identity, version: Int?, correlationID: String
    ) async throws(ServiceError) -> OrderAnswer {
        var input = body
        let proof = input.optionalText("proof", characters: 1...InputLimits.noteLength)
        try input.finish()
        return try await move(
            order, to: .delivered, data: Self.data([("proof", proof)]), by: identity, version: version,
            correlationID: correlationID)
    }

    private func end(
        _ order: UUID16, as status: OrderStatus, _ body: InputReader, by identity: Identity, version: Int?,
        correlationID: String
    ) async throws(ServiceError) -> OrderAnswer {
        var input = body
        let reason = input.optionalText("reason", characters: 1...InputLimits.noteLength)
        try input.finish()
        return try await move(
            order, to: status, reason: reason, by: identity, version: version, correlationID: correlationID)
    }

    private static func data(_ fields: [(String, String?)]) -> [UInt8]? {
        guard fields.contains(where: { $0.1 != nil }) else { return nil }
        var writer = JSONWriter()
        writer.object { for (name, value) in fields { if let value { $0.field(name, value) } } }
        return writer.bytes
    }

    /// Reads, decides, changes; when the order moved between, once more from the start.
    private func move(
        _ order: UUID16, to status: OrderStatus, reason: String? = nil, data: [UInt8]? = nil, by identity: Identity,
        version: Int?, correlationID: String
    ) async throws(ServiceError) -> OrderAnswer {
        for _ in 0..<Self.maximumTries {
            let view = try await party(order, of: identity, version: version)
            let parties = view.parties(of: identity.account, role: identity.role)
            let transition = try Self.decide(view, to: status, by: parties)
            if transition.requiresReason, reason == nil { throw .invalid("reason", "REQUIRED", "is required") }
            guard status != .accepted else {
                throw ServiceError(.conflict, "INVALID_TRANSITION", "An order is taken by accepting its offer.")
            }
            let change: Change
            do throws(StoreError) {
                change = try await store.transition(
                    order, version: view.version, to: status,
                    actor: transition.who.intersection(parties).actorKind ?? .system, actorID: identity.account,
                    reason: reason, data: data, correlationID: correlationID)
            } catch {
                guard error.mayHaveTakenEffect, let now = await committed(order, for: identity.account),
                    now.facts.status == status, now.version > view.version
                else { throw ServiceError(error) }
                return OrderAnswer(json: now.json, version: now.version)
            }
            if let answer = try answer(change, view) { return answer }
        }
        throw .unavailable
    }

    private static func decide(
        _ view: OrderView, to status: OrderStatus, by parties: OrderParties
    ) throws(ServiceError) -> OrderTransition {
        switch OrderLifecycle.decide(view.facts, to: status, by: parties) {
        case .allowed(let transition): return transition
        case .forbidden:
            throw ServiceError(.forbidden, "FORBIDDEN", "You may not bring an order to \(status.rawValue).")
        case .invalid: throw .invalidTransition(view.facts.status, status)
        }
    }

    // MARK: Preparation

    /// `{state: PREPARING·READY, readyAt?}`, of the order's merchant.
    public func prepare(
        _ order: UUID16, _ body: InputReader, by identity: Identity, version: Int?, correlationID: String
    ) async throws(ServiceError) -> OrderAnswer {
        var input = body
        let state = input.choice("state", PreparationState.self)
        let readyAt = input.optionalTime("readyAt")
        if state == .waiting { input.report("state", "INVALID_VALUE", "must be one of PREPARING, READY") }
        try input.finish()
        guard let state else { throw .invalid("state", "REQUIRED", "is required") }

        for _ in 0..<Self.maximumTries {
            let view = try await party(order, of: identity, version: version)
            switch PreparationDecision.decide(
                status: view.facts.status, from: view.preparation, to: state,
                readyAtChanges: readyAt != nil && readyAt != view.readyAt,
                by: view.parties(of: identity.account, role: identity.role))
            {
            case .unchanged: return OrderAnswer(json: view.json, version: view.version)
            case .forbidden:
                throw ServiceError(.forbidden, "FORBIDDEN", "Preparation is for the order's merchant to say.")
            case .invalid:
                throw ServiceError(
                    .conflict, "INVALID_TRANSITION",
                    "Preparation of an order in \(view.facts.status.rawValue) cannot go from "
                        + "\(view.preparation.rawValue) to \(state.rawValue).")
            case .changed: break
            }
            let change: Change
            do throws(StoreError) {
                change = try await store.setPreparation(
                    order, version: view.version, to: state, readyAt: readyAt, actor: .merchant,
                    actorID: identity.account, correlationID: correlationID)
            } catch {
                guard error.mayHaveTakenEffect, let now = await committed(order, for: identity.account),
                    now.preparation == state, now.version > view.version
                else { throw ServiceError(error) }
                return OrderAnswer(json: now.json, version: now.version)
            }
            if let answer = try answer(change, view) { return answer }
        }
        throw .unavailable
    }

    // MARK: Parts

    /// The order as the account sees it, at the version that it named. A driver who holds an offer may be told that it may
    /// not do this, as it knows of the order.
    private func party(
        _ order: UUID16, of identity: Identity, version: Int?
    ) async throws(ServiceError) -> OrderView {
        let found = try await storing { () async throws(StoreError) in
            try await store.order(order, for: identity.account)
        }
        guard let view = found, view.hasOffer || view.isVisible(to: identity.account, role: identity.role) else {
            throw .notFound
        }
        if let version, version != view.version { throw .versionConflict }
        return view
    }

    /// What a change came to; nil: the order moved since `view`, decide anew.
    private func answer(_ change: Change, _ view: OrderView) throws(ServiceError) -> OrderAnswer? {
        switch change.refusal {
        case nil:
            afterCommit.follow(events: change.events, offers: change.offers)
            return OrderAnswer(json: change.json, version: change.version ?? view.version + 1)
        case .conflictVersion: return nil
        case .notFound: throw .notFound
        case .invalidTransition:
            throw ServiceError(
                .conflict, "INVALID_TRANSITION", "The order cannot go there from \(view.facts.status.rawValue).")
        case .some(let refusal): throw ServiceError(.internal, "INTERNAL", "A change was refused: \(refusal.rawValue)")
        }
    }
}

extension ServiceError {
    static func invalidTransition(_ from: OrderStatus, _ to: OrderStatus) -> ServiceError {
        ServiceError(.conflict, "INVALID_TRANSITION", "An order in \(from.rawValue) cannot go to \(to.rawValue).")
    }
}
