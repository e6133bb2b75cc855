import Glibc

/// Ends the process as a signal does, so that its parent sees what ended it: what shells and scripts expect of SIGINT and
/// SIGPIPE.
enum FatalSignal {
    static func end(by number: Int32) {
        signal(number, SIG_DFL)
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, number)
        // The threads of the system's queues have all signals blocked.
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        raise(number)
    }
}
