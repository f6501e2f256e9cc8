import Glibc

/// A thread of the system's, apart from every executor.
final class Thread {
    private let body: @Sendable () -> Void
    private var thread = pthread_t()

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }

    func start() {
        pthread_create(
            &thread, nil,
            { raw in
                Unmanaged<Thread>.fromOpaque(raw!).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
    }

    func join() {
        pthread_join(thread, nil)
    }
}
