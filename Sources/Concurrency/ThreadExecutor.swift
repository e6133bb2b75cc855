import Glibc

/// An executor with one thread of its own, for an actor that makes blocking calls.
///
/// The thread ends by itself once nothing holds the executor any more and its last job has run: no job can come after
/// that, so none is ever left waiting in a queue that nobody reads.
package final class ThreadExecutor: SerialExecutor {
    private let queue: JobQueue

    /// Starts the thread. `name` is what debuggers and `/proc` show, its first 15 bytes.
    /// - Throws: ``ThreadStartError`` when the system gives no further thread.
    package init(name: String) throws(ThreadStartError) {
        queue = JobQueue(name: name)
        try queue.startThread()
    }

    deinit { queue.stop() }

    package func enqueue(_ job: consuming ExecutorJob) {
        queue.append(JobQueue.Entry(job: UnownedJob(job), executor: self))
    }

    package func checkIsolated() {
        precondition(queue.isCurrentThread, "called from a thread that is not this executor's")
    }

    package func isIsolatingCurrentContext() -> Bool? { queue.isCurrentThread }
}

/// The system gave no further thread.
package struct ThreadStartError: Error, Sendable, CustomStringConvertible {
    /// What `pthread_create` returned.
    package let code: Int32

    package var description: String {
        "can't start a thread (error \(code)): raise the limit of threads of this process or lower its connections"
    }
}

/// What the executor and its thread share. The thread holds only this, so that it doesn't keep the executor alive.
///
/// Sendable holds because `entries`, `stopped` and `thread` are touched only with `mutex` held. It isn't a `Lock`
/// because the thread waits on a condition of the same mutex.
private final class JobQueue: @unchecked Sendable {
    /// A job, and the executor that it needs to be alive.
    struct Entry {
        let job: UnownedJob
        let executor: ThreadExecutor
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var entries: [Entry] = []
    private var stopped = false
    private var thread = pthread_t()

    private let name: String

    init(name: String) {
        self.name = name
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        condition.initialize(to: pthread_cond_t())
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func startThread() throws(ThreadStartError) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        let retained = Unmanaged.passRetained(self)
        let code = pthread_create(&thread, nil, runQueue, retained.toOpaque())
        guard code == 0 else {
            retained.release()
            throw ThreadStartError(code: code)
        }
        pthread_detach(thread)
    }

    var isCurrentThread: Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return pthread_equal(thread, pthread_self()) != 0
    }

    func append(_ entry: Entry) {
        pthread_mutex_lock(mutex)
        entries.append(entry)
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    func stop() {
        pthread_mutex_lock(mutex)
        stopped = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    func run() {
        nameCurrentThread()
        var batch: [Entry] = []
        while takeAll(into: &batch) {
            for entry in batch {
                withExtendedLifetime(entry.executor) {
                    entry.job.runSynchronously(on: entry.executor.asUnownedSerialExecutor())
                }
            }
            // Drops the last reference to an executor that is no longer wanted, which ends the loop.
            batch.removeAll(keepingCapacity: true)
        }
    }

    /// `pthread_setname_np` is a GNU extension that Swift doesn't import. A thread without name works as well.
    private func nameCurrentThread() {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        _ = Array(name.utf8.prefix(15)).withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    }

    /// Waits for jobs; false when the executor is gone.
    private func takeAll(into batch: inout [Entry]) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while entries.isEmpty {
            if stopped { return false }
            pthread_cond_wait(condition, mutex)
        }
        swap(&batch, &entries)
        return true
    }
}

private func runQueue(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<JobQueue>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
