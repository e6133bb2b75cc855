package import Jobs
package import NNG
package import Protocol

/// What a coordinator needs to know before it starts.
package struct CoordinatorSettings: Sendable {
    /// Where it listens: `tls+tcp://HOST:PORT`.
    package var listen: String
    /// Its certificate, which does for a client too: it dials itself to see whether it can be reached.
    package var tls: TLSFiles?
    /// The secrets of the workers' pool.
    package var workerSecrets: [Secret]
    /// The secrets of the operators.
    package var operatorSecrets: [Secret]
    package var quotas = Quotas()
    package var dispatch = Dispatcher.Settings()
    /// How often workers are to send a heartbeat.
    package var heartbeat: Duration = .seconds(5)
    /// The version of this program.
    package var software: String

    package init(
        listen: String,
        tls: TLSFiles?,
        workerSecrets: [Secret],
        operatorSecrets: [Secret],
        software: String
    ) {
        self.listen = listen
        self.tls = tls
        self.workerSecrets = workerSecrets
        self.operatorSecrets = operatorSecrets
        self.software = software
    }
}
