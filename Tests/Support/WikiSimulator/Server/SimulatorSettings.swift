/// How a simulator is run.
package struct SimulatorSettings: Sendable {
    package var preset: Preset
    package var seed: UInt64
    /// An address of this machine to listen at.
    package var host = "127.0.0.1"
    /// 0 for one that the system chooses.
    package var port = 0
    package var faults: [FaultRule] = []
    /// Each request to a wiki is answered so much later.
    package var latencyMilliseconds = 0
    package var accounts = Account.examples
    /// Answers with more than so many bytes of values are cut. Source: `$wgAPIMaxResultSize`.
    package var resultLimit = 8_388_608
    package var retention = Retention()
    /// So many requests are kept in memory at least, and twice as many at most.
    package var keptRequests = 200_000
    /// A file that each request is written to when it is over, as a line of JSON; `nil` for none.
    package var logFile: String?
    /// A stream of events is closed after so many seconds, as Wikimedia's is after 15 minutes.
    package var streamSeconds = 900
    /// What happens by itself, so many times in a second.
    package var editsPerSecond = 0.0
    package var editActions = EditAction.visible
    /// The clock of all wikis, in milliseconds since 1970; `nil` for that of this machine.
    package var clock: (@Sendable () -> Int64)?

    package init(_ preset: Preset = .small, seed: UInt64 = 1) {
        self.preset = preset
        self.seed = seed
    }
}
