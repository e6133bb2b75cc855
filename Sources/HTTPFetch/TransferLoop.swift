import CCurl
import Glibc

/// The thread that owns libcurl's multi handle: everything of libcurl happens on it.
///
/// It waits with epoll and drives libcurl by `curl_multi_socket_action`; `curl_multi_poll` of 7.88 can sleep on pending
/// HTTP/2 data until its timeout (curl/curl#17636). Others hand it commands, and an eventfd wakes it.
final class TransferLoop: @unchecked Sendable {
    // Sendable holds because all stored variables are touched by the loop's thread only.

    private let settings: HTTPClientSettings
    private let inbox: LoopInbox
    /// `nil` once the thread has ended.
    private var multi: UnsafeMutableRawPointer?
    private let epoll: Int32
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
        inbox = LoopInbox(maximumRequests: settings.maximumRequests)
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: inbox.descriptor))
        guard epoll >= 0, epoll_ctl(epoll, EPOLL_CTL_ADD, inbox.descriptor, &event) == 0 else {
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
        if epoll >= 0 { close(epoll) }
    }

    // MARK: From any thread

    /// A new request's id, or why there can be none.
    func reserve(url: String) throws(HTTPError) -> UInt64 { try inbox.reserve(url: url) }

    /// Starts the request with the reserved `id`. The receiver is called on the loop's thread, and always in the end.
    func start(_ id: UInt64, _ request: HTTPRequest, _ receiver: Transfer.Receiver) {
        guard inbox.send(.start(id: id, request, receiver, submitted: .now)) else {
            return receiver.fail(.shutDown(request.url))
        }
    }

    /// Ends a request with `cancelled`; nothing happens when it has ended.
    func cancel(_ id: UInt64) { inbox.send(.cancel(id: id)) }

    /// Lets a request that was paused go on.
    func resume(_ id: UInt64) { inbox.send(.resume(id: id)) }

    /// Ends all requests with `shutDown` and the thread.
    func stop() { inbox.stop() }

    /// As ``stop()``, and returns when the thread has ended all requests.
    func stopAndWait() async { await inbox.stopAndWait() }

    // MARK: On the loop's thread

    /// The thread's whole life.
    fileprivate func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let count = epoll_wait(epoll, &events, Int32(events.count), waitMilliseconds())
            for event in events.prefix(Int(max(count, 0))) {
                if event.data.fd == inbox.descriptor {
                    inbox.clearSignal()
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
        let (commands, isStopping) = inbox.take()
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
            inbox.release()
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
        inbox.release()
    }

    private func end() {
        let (commands, waiters) = inbox.close()
        for transfer in Array(transfers.values) {
            end(transfer, with: transfer.error(.shutDown, "the client was shut down"))
        }
        for case .start(_, let request, let receiver, _) in commands {
            receiver.fail(.shutDown(request.url))
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
