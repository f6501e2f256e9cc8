import EventLoop
import Postgres

extension Store {
    /// Brings the database to this build's schema; nodes that start together wait for one another. The pool need not
    /// have been started.
    public func migrate() async throws(StoreError) {
        try await migrate(MigrationFile.all, functions: .current)
    }

    func migrate(_ migrations: [MigrationFile], functions: FunctionSet) async throws(StoreError) {
        do {
            try await pool.withSession { session in
                try await Migrator(session: session, migrations: migrations, functions: functions).run()
            }
        } catch let error as StoreError {
            throw error
        } catch let error as PostgresError {
            throw StoreError(error)
        } catch {
            throw StoreError(.migration, "\(error)")
        }
    }
}
