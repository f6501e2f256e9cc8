import EventLoop

extension PostgresPool {
    /// Transactions that wait for a connection; above it `.overloaded`. They are rare: hot paths are one statement.
    private static let maximumLeaseWaiters = 64

    private static let beginStatement = PostgresStatement("lastmile_begin", "BEGIN")
    private static let commitStatement = PostgresStatement("lastmile_commit", "COMMIT")
    private static let rollbackStatement = PostgresStatement("lastmile_rollback", "ROLLBACK")

    /// Runs `body` in a transaction on a connection of its own, and commits. All of it has `timeout` in total, the
    /// wait for the connection included; the server ends it when it waits for this node longer than
    /// `idleInTransactionTimeout`.
    ///
    /// A connection lost before the COMMIT is `.unavailable` (nothing has happened), during it `.outcomeUnknown`.
    /// What `body` throws is thrown on after the rollback; when that fails too, both as `PostgresTransactionError`.
    /// When a statement failed and `body` returned all the same, nothing is committed and a `.sql` error is thrown.
    public func transaction<T: Sendable>(
        timeout: Duration = PostgresPool.defaultTimeout,
        _ body: @Loop (PostgresTransaction) async throws -> T
    ) async throws -> T {
        let deadline = timing.now + timeout
        let connection = try await lease(deadline: deadline)
        defer { connection.endLease() }
        let transaction = PostgresTransaction(pool: self, connection: connection, deadline: deadline)
        defer { transaction.end() }
        do throws(PostgresError) {
            _ = try await transaction.query(Self.beginStatement)
        } catch {
            connection.close()
            throw error
        }
        let value: T
        do {
            value = try await body(transaction)
        } catch {
            try await rollBack(transaction, connection, after: error)
            throw error
        }
        try await commit(transaction, connection)
        return value
    }

    private func rollBack(
        _ transaction: PostgresTransaction, _ connection: PipelinedConnection, after cause: any Error
    ) async throws(PostgresTransactionError) {
        // A statement that nobody waits for any more still runs: the server rolls back when the connection ends.
        guard !transaction.isAbandoned else { return connection.close() }
        do throws(PostgresError) {
            _ = try await query(
                Self.rollbackStatement, [], deadline: timing.now + Self.cancelGrace, over: connection)
        } catch {
            connection.close()
            // A lost connection is a rollback.
            guard error.kind != .unavailable, error.kind != .outcomeUnknown else { return }
            throw PostgresTransactionError(cause: cause, rollback: error)
        }
    }

    private func commit(
        _ transaction: PostgresTransaction, _ connection: PipelinedConnection
    ) async throws(PostgresError) {
        guard !transaction.isAbandoned else {
            connection.close()
            throw PostgresError(.timedOut, "a statement of the transaction had no answer in time")
        }
        let rows: PostgresRows
        do throws(PostgresError) {
            rows = try await transaction.run(Self.commitStatement, commits: true)
        } catch {
            connection.close()
            throw error
        }
        // COMMIT of a transaction in which a statement failed succeeds, as a rollback.
        guard rows.commandTag == "COMMIT" else {
            throw PostgresError(.sql, "rolled back, since a statement in it had failed", state: "25P02")
        }
    }

    // MARK: Leases

    private func lease(deadline: LoopTime) async throws(PostgresError) -> PipelinedConnection {
        guard isAcceptingWork else { throw PostgresError(.unavailable, "the pool is not running") }
        guard !isDownTooLong else { throw noConnection }
        guard leaseWaiters.count < Self.maximumLeaseWaiters else {
            throw PostgresError(.overloaded, "too many transactions wait")
        }
        let outcome = await withUnsafeContinuation { continuation in
            leaseWaiters.append(LeaseWaiter(deadline: deadline, continuation: continuation))
            grantLeases()
            guard !leaseWaiters.isEmpty else { return }
            armCheck(at: isUp ? deadline : min(deadline, timing.now + Self.unavailableGrace))
        }
        return try outcome.get()
    }

    /// Gives connections to waiting transactions, but never the last, which all other statements need, unless it is
    /// the only one. What is already in flight on a connection comes before the transaction.
    func grantLeases() {
        let mostLeased = max(1, slots.count - 1)
        while !leaseWaiters.isEmpty, slots.count(where: { $0.connection?.isLeased == true }) < mostLeased {
            let free = slots.compactMap(\.connection).filter(\.isOpenToAll)
            guard let connection = free.min(by: { $0.inFlight.count < $1.inFlight.count }),
                let waiter = leaseWaiters.popFirst()
            else { return }
            connection.isLeased = true
            waiter.settle(.success(connection))
        }
    }

    func expireLeaseWaiters(_ now: LoopTime, _ look: (LoopTime) -> Void) {
        leaseWaiters.removeAll { waiter in
            guard waiter.deadline <= now else {
                look(waiter.deadline)
                return false
            }
            waiter.settle(.failure(PostgresError(.timedOut, "no connection for the transaction in time")))
            return true
        }
    }
}
