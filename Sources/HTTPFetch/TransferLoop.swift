import CCurl
import Concurrency
import Glibc

/// The thread that owns libcurl's multi handle: everything of libcurl happens on it.
///
/// It waits with epoll and drives libcurl by `curl_multi_socket_action`; `curl_multi_poll` of 7.88 can sleep on pending
/// HTTP/2 data until its timeout (curl/curl#17636). Others hand it commands, and an eventfd wakes it.
final class TransferLoop: @unchecked Sendable {
    // Sendable holds because all stored variables but `inbox`, a lock, are touched by the loop's thread only.

    /// What others ask of the loop.
    private enum Command: Sendable {
        case start(id: UInt64, HTTPRequest, Transfer.Receiver, submitted: ContinuousClock.Instant)
        case cancel(id: UInt64)
        case resume(id: UInt64)
    }

    private struct Inbox {
        var commands: [Command] = []
        /// Requests submitted and not finished: what bounds `commands` too, as each has a few at most.
        var requests = 0
        var nextID: UInt64 = 1
        var isStopping = false
        var hasStopped = false
        var stopWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let settings: HTTPClientSettings
    private let inbox = Lock(Inbox())
    /// `nil` once the thread has ended.
    private var multi: UnsafeMutableRawPointer?
    private let epoll: Int32
    private let wakeUp: Int32
    private var admission: Admission
    private var transfers: [UInt64: Transfer] = [:]
    private var transferOfHandle: [UnsafeMutableRawPointer: Transfer] = [:]
    /// When libcurl wants to be called though no socket is ready.
    private var curlDue: ContinuousClock.Instant?
    /// No transfer can be overdue before.
    private var nextCheck: ContinuousClock.Instant?

    /// Starts the thread.
    /// - Throws: ``HTTPError`` with `other` when the system has no thread or descriptor left.
    static func start(_ settings: HTTPClientSettings) throws(HTTPError) -> TransferLoop {
        let loop = try TransferLoop(settings)
        let reference = Unmanaged.passRetained(loop)
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, runLoop, reference.toOpaque())
        guard code == 0 else {
            reference.release()
            throw HTTPError(.other, url: "", message: "no thread for libcurl: \(String(cString: strerror(code)))")
        }
        pthread_detach(thread)
        return loop
    }

    private init(_ settings: HTTPClientSettings) throws(HTTPError) {
        self.settings = settings
        admission = Admission(perHost: settings.maximumConnectionsPerHost, inAll: settings.maximumConnections)
        guard globalInit == CURLE_OK, let multi = curl_multi_init() else {
            throw HTTPError(.other, url: "", message: "libcurl doesn't start")
        }
        self.multi = multi
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: wakeUp))
        guard epoll >= 0, wakeUp >= 0, epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUp, &event) == 0 else {
            throw HTTPError(.other, url: "", message: "no epoll for libcurl: \(String(cString: strerror(errno)))")
        }
        let reference = Unmanaged.passUnretained(self).toOpaque()
        shim_multi_set_socket_function(multi, socketChanged)
        shim_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, reference)
        shim_multi_set_timer_function(multi, timerChanged)
        shim_multi_set_pointer(multi, CURLMOPT_TIMERDATA, reference)
        shim_multi_set_long(multi, CURLMOPT_MAXCONNECTS, settings.maximumConnections)
    }

    deinit {
        // Only when the thread never started.
        if let multi { curl_multi_cleanup(multi) }
        if wakeUp >= 0 { close(wakeUp) }
        if epoll >= 0 { close(epoll) }
    }

    // MARK: From any thread

    /// A new request's id, or why there can be none.
    func reserve(url: String) throws(HTTPError) -> UInt64 {
        let outcome: Result<UInt64, HTTPError> = inbox.withLock { inbox in
            guard !inbox.isStopping else {
                return .failure(HTTPError(.shutDown, url: url, message: "the client was shut down"))
            }
            guard inbox.requests < settings.maximumRequests else {
                return .failure(
                    HTTPError(.clientFull, url: url, message: "\(settings.maximumRequests) requests are under way")
                )
            }
            inbox.requests += 1
            defer { inbox.nextID += 1 }
            return .success(inbox.nextID)
        }
        return try outcome.get()
    }

    /// Starts the request with the reserved `id`. The receiver is called on the loop's thread, and always in the end.
    func start(_ id: UInt64, _ request: HTTPRequest, _ receiver: Transfer.Receiver) {
        let command = Command.start(id: id, request, receiver, submitted: .now)
        guard send(command) else {
            return receiver.fail(HTTPError(.shutDown, url: request.url, message: "the client was shut down"))
        }
    }

    /// Ends a request with `cancelled`; nothing happens when it has ended.
    func cancel(_ id: UInt64) { _ = send(.cancel(id: id)) }

    /// Lets a request that was paused go on.
    func resume(_ id: UInt64) { _ = send(.resume(id: id)) }

    private func send(_ command: Command) -> Bool {
        let taken = inbox.withLock { inbox in
            guard !inbox.hasStopped else { return false }
            inbox.commands.append(command)
            return true
        }
        if taken { wake() }
        return taken
    }

    /// Ends all requests with `shutDown` and the thread.
    func stop() {
        inbox.withLock { $0.isStopping = true }
        wake()
    }

    /// As ``stop()``, and returns when the thread is done.
    func stopAndWait() async {
        await withCheckedContinuation { continuation in
            let hasStopped = inbox.withLock { inbox in
                inbox.isStopping = true
                if !inbox.hasStopped { inbox.stopWaiters.append(continuation) }
                return inbox.hasStopped
            }
            if hasStopped { continuation.resume() } else { wake() }
        }
    }

    private func wake() { eventfd_write(wakeUp, 1) }

    // MARK: On the loop's thread

    /// The thread's whole life.
    fileprivate func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let count = epoll_wait(epoll, &events, Int32(events.count), waitMilliseconds())
            for event in events.prefix(Int(max(count, 0))) {
                if event.data.fd == wakeUp {
                    var ignored: eventfd_t = 0
                    eventfd_read(wakeUp, &ignored)
                } else {
                    act(on: event.data.fd, events: event.events)
                }
            }
            if let due = curlDue, due <= .now {
                curlDue = nil
                act(on: CURL_SOCKET_TIMEOUT, events: 0)
            }
            guard performCommands() else { break }
            finishDone()
            checkOverdue()
            while let id = admission.next() { if let transfer = transfers[id] { add(transfer) } }
        }
        end()
    }

    private func waitMilliseconds() -> Int32 {
        guard let due = [curlDue, nextCheck].compactMap({ $0 }).min() else { return -1 }
        let wait = due - .now
        return wait <= .zero ? 0 : Int32(clamping: wait.milliseconds)
    }

    private func act(on socket: curl_socket_t, events: UInt32) {
        var action: Int32 = 0
        if events & EPOLLIN.rawValue != 0 { action |= CURL_CSELECT_IN }
        if events & EPOLLOUT.rawValue != 0 { action |= CURL_CSELECT_OUT }
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { action |= CURL_CSELECT_ERR }
        var running: Int32 = 0
        curl_multi_socket_action(multi, socket, action, &running)
    }

    /// `false` when the loop is to end.
    private func performCommands() -> Bool {
        let (commands, isStopping) = inbox.withLock { inbox in
            defer { inbox.commands = [] }
            return (inbox.commands, inbox.isStopping)
        }
        for command in commands {
            switch command {
            case .start(let id, let request, let receiver, let submitted):
                start(id, request, receiver, submitted: submitted)
            case .cancel(let id):
                guard let transfer = transfers[id] else { continue }
                end(transfer, with: transfer.error(.cancelled, "the request was cancelled"))
            case .resume(let id):
                transfers[id]?.resume(now: .now)
            }
        }
        return !isStopping
    }

    private func start(
        _ id: UInt64,
        _ request: HTTPRequest,
        _ receiver: Transfer.Receiver,
        submitted: ContinuousClock.Instant
    ) {
        do throws(HTTPError) {
            let transfer = try Transfer(
                id: id,
                request: request,
                receiver: receiver,
                settings: settings,
                submitted: submitted
            )
            transfers[id] = transfer
            transferOfHandle[transfer.easy.pointer] = transfer
            admission.enqueue(id, host: transfer.easy.host)
            if let due = transfer.nextCheck(now: .now) { nextCheck = nextCheck.map { min($0, due) } ?? due }
        } catch {
            release()
            receiver.fail(error)
        }
    }

    private func add(_ transfer: Transfer) {
        transfer.begin(now: .now)
        let code = curl_multi_add_handle(multi, transfer.easy.pointer)
        guard code != CURLM_OK else { return }
        let message = String(cString: curl_multi_strerror(code))
        end(transfer, with: transfer.error(.other, message, curlCode: Int(code.rawValue)))
    }

    private func finishDone() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let transfer = transferOfHandle[easy]
            else { continue }
            // The message is gone once the handle is removed.
            let result = message.pointee.data.result
            do throws(HTTPError) {
                if try transfer.followRedirect(after: result) {
                    curl_multi_remove_handle(multi, easy)
                    add(transfer)
                } else {
                    forget(transfer)
                    transfer.finish(result)
                }
            } catch {
                end(transfer, with: error)
            }
        }
    }

    private func checkOverdue() {
        let now = ContinuousClock.now
        guard let due = nextCheck, due <= now else { return }
        for transfer in Array(transfers.values) {
            if let error = transfer.overdue(now: now) { end(transfer, with: error) }
        }
        nextCheck = transfers.values.compactMap { $0.nextCheck(now: now) }.min()
    }

    private func end(_ transfer: Transfer, with error: HTTPError) {
        forget(transfer)
        transfer.finish(error)
    }

    private func forget(_ transfer: Transfer) {
        if admission.remove(transfer.id) { curl_multi_remove_handle(multi, transfer.easy.pointer) }
        transfers[transfer.id] = nil
        transferOfHandle[transfer.easy.pointer] = nil
        release()
    }

    private func release() { inbox.withLock { $0.requests -= 1 } }

    private func end() {
        // Whatever comes after this finds `hasStopped`, so that no command is left unseen.
        let (commands, waiters) = inbox.withLock { inbox in
            inbox.hasStopped = true
            defer {
                inbox.commands = []
                inbox.stopWaiters = []
            }
            return (inbox.commands, inbox.stopWaiters)
        }
        for transfer in Array(transfers.values) {
            end(transfer, with: transfer.error(.shutDown, "the client was shut down"))
        }
        for case .start(_, let request, let receiver, _) in commands {
            receiver.fail(HTTPError(.shutDown, url: request.url, message: "the client was shut down"))
        }
        curl_multi_cleanup(multi)
        multi = nil
        for waiter in waiters { waiter.resume() }
    }

    /// libcurl wants to know of other events of a socket.
    fileprivate func watch(_ socket: curl_socket_t, _ what: Int32) {
        guard what != CURL_POLL_REMOVE else {
            epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nil)
            return
        }
        var event = epoll_event(events: 0, data: epoll_data_t(fd: socket))
        if what & CURL_POLL_IN != 0 { event.events |= EPOLLIN.rawValue }
        if what & CURL_POLL_OUT != 0 { event.events |= EPOLLOUT.rawValue }
        if epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event) != 0 { epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) }
    }

    /// libcurl wants to be called after another time; -1 for never.
    fileprivate func setTimer(milliseconds: Int) {
        curlDue = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
    }
}

private let globalInit: CURLcode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

private func runLoop(_ loop: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let loop { Unmanaged<TransferLoop>.fromOpaque(loop).takeRetainedValue().run() }
    return nil
}

private func socketChanged(
    _ easy: UnsafeMutableRawPointer?,
    _ socket: curl_socket_t,
    _ what: Int32,
    _ loop: UnsafeMutableRawPointer?,
    _ socketData: UnsafeMutableRawPointer?
) -> Int32 {
    if let loop { Unmanaged<TransferLoop>.fromOpaque(loop).takeUnretainedValue().watch(socket, what) }
    return 0
}

private func timerChanged(
    _ multi: UnsafeMutableRawPointer?,
    _ milliseconds: Int,
    _ loop: UnsafeMutableRawPointer?
) -> Int32 {
    if let loop { Unmanaged<TransferLoop>.fromOpaque(loop).takeUnretainedValue().setTimer(milliseconds: milliseconds) }
    return 0
}
