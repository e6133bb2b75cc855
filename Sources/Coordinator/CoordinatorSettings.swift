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
    package var errors = ErrorWatch.Settings()
    /// How often workers are to send a heartbeat.
    package var heartbeat: Duration = .seconds(5)
    /// A coordinator that hasn't renewed its term for so long may be replaced by a standby.
    package var takeover: Duration = .seconds(20)
    /// Whether it waits until nobody has the term, instead of taking it.
    package var isStandby = false
    package var following = Following()
    package var intervals = Intervals()
    package var retention = RetentionSettings()
    /// The version of this program.
    package var software: String

    /// How wikis are looked at of which a stream has told changes.
    package struct Following: Sendable {
        /// From the first event on: edits come in series, and replicas lag.
        package var wait: Duration = .seconds(30)
        /// So many jobs are planned at once, to leave room for others.
        package var jobs = 8

        package init() {}
    }

    /// How often the coordinator does what nobody asks it for.
    package struct Intervals: Sendable {
        /// Looks for leases whose time is over, for jobs whose time has come, and for requests that have waited long enough.
        package var tick: Duration = .milliseconds(250)
        /// Looks whether planning was broken off, and goes on with it.
        package var catchUp: Duration = .seconds(2)
        /// Plans jobs for wikis of which a stream has told changes.
        package var changes: Duration = .seconds(5)
        /// Notes in the table which workers are alive, and makes sure that no other coordinator has taken over.
        package var workerNotes: Duration = .seconds(20)
        /// Looks whether certificates were replaced.
        package var certificates: Duration = .seconds(30)
        /// Brings pauses and cordons in the table to what memory has.
        package var pauses: Duration = .seconds(20)
        /// For so long a job is tried that an operator wants to end, and whose row its worker has locked.
        package var lockedRows: Duration = .seconds(20)
        /// Removes what is kept only for a time.
        package var retention: Duration = .seconds(3600)
        /// Removes sources that have lost their last reference, and finishes purges.
        package var sources: Duration = .seconds(2)
        /// Dials itself.
        package var probe: Duration = .seconds(10)

        package init() {}
    }

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
