import CLibuv
import Synchronization

/// Runs blocking or long `work` on libuv's thread pool and resumes on the loop.
///
/// The pool has four threads unless `UV_THREADPOOL_SIZE` says otherwise; callers bound how much they hand over. Work
/// that began is not interrupted by cancellation.
@Loop
public func offLoop<T: Sendable, E: Error>(_ work: @escaping @Sendable () throws(E) -> T) async throws(E) -> T {
    let job = OffLoopJob {
        do throws(E) {
            let value = try work()
            return .success(value) as Result<T, E>
        } catch {
            return .failure(error) as Result<T, E>
        }
    }
    await withCheckedContinuation { continuation in job.submit(continuation) }
    guard let result = job.result as? Result<T, E> else {
        preconditionFailure("the thread pool answered without running the work")
    }
    return try result.get()
}

/// One piece of work on its way through the thread pool; keeps itself alive until it is back.
// Unchecked: the pool's thread writes `result` before libuv hands the request back to the loop, which alone reads it.
private final class OffLoopJob: @unchecked Sendable {
    private let work: @Sendable () -> any Sendable
    private(set) var result: (any Sendable)?
    private var continuation: CheckedContinuation<Void, Never>?

    init(_ work: @escaping @Sendable () -> any Sendable) {
        self.work = work
    }

    @Loop func submit(_ continuation: CheckedContinuation<Void, Never>) {
        self.continuation = continuation
        let request = UnsafeMutablePointer<uv_work_t>.allocate(capacity: 1)
        request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        LoopCore.shared.offLoopStarted()
        uv_queue_work(LoopCore.shared.loop, request, Self.runWork) { request, _ in
            let job = Unmanaged<OffLoopJob>.fromOpaque(request!.pointee.data).takeRetainedValue()
            request!.deallocate()
            LoopCore.shared.offLoopFinished()
            job.continuation?.resume()
        }
    }

    private static let runWork: @convention(c) (UnsafeMutablePointer<uv_work_t>?) -> Void = { request in
        let job = Unmanaged<OffLoopJob>.fromOpaque(request!.pointee.data).takeUnretainedValue()
        job.result = job.work()
    }
}
