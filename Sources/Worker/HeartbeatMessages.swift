import Jobs
import MariaDB
import Protocol

extension WireProgress {
    /// What a heartbeat says of a job.
    init(_ control: JobControl) {
        self.init()
        lease = WireLease(control.lease)
        checkpointSequence = control.progress.checkpoint
        itemsDone = control.progress.itemsDone
        itemsExpected = control.progress.itemsExpected
        shares = control.pace.inForce.map(WireShare.init)
    }
}

extension WireWait {
    /// What a heartbeat says of a resource that asked for time.
    init(_ news: HoldBoard.News) {
        self.init()
        resource = news.resource.rawValue
        waitMilliseconds = UInt32(clamping: news.wait.microseconds / 1000)
        reason = news.reason
    }
}
