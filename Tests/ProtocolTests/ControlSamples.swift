import Protocol
import SwiftProtobuf

/// What the fixtures of the messages of `control.proto` hold.
enum ControlSamples {
    static let requests: [String: WireRequest] = [
        "change-jobs": Samples.request(
            .changeJobs(
                .with {
                    $0.verb = .cancel
                    $0.selection = .with {
                        $0.run = 9
                        $0.kind = "modules"
                        $0.wiki = "aawiki"
                        $0.state = "ready"
                        $0.after = 4710
                    }
                    $0.dryRun = true
                    $0.reason = "not wanted"
                    $0.requestedBy = "me@host1"
                }
            )
        ),
        "change-jobs-numbers": Samples.request(
            .changeJobs(
                .with {
                    $0.verb = .retry
                    $0.selection = .with { $0.jobs = [4711, 4712] }
                    $0.requestedBy = "me@host1"
                }
            )
        ),
        "cancel-run": Samples.request(
            .cancelRun(
                .with {
                    $0.run = 9
                    $0.reason = "not wanted"
                    $0.requestedBy = "me@host1"
                }
            )
        ),
        "pause": Samples.request(
            .pause(
                .with {
                    $0.name = "site:wikimedia"
                    $0.untilUnixMilliseconds = 1_800_000_000_000
                    $0.reason = "they asked for it"
                    $0.requestedBy = "me@host1"
                }
            )
        ),
        "resume": Samples.request(
            .resume(
                .with {
                    $0.name = "site:wikimedia"
                    $0.requestedBy = "me@host1"
                }
            )
        ),
    ]

    static let responses: [String: WireResponse] = [
        "jobs-changed": Samples.response(
            .jobsChanged(
                .with {
                    $0.changed = 300
                    $0.firstChanged = [job(4711, "aawiki")]
                    $0.leftOut = 2
                    $0.firstLeftOut = [job(4712, "bbwiki", why: "job 4720 is active for the same")]
                    $0.moreAfter = 5011
                    $0.notYet = 1
                }
            )
        ),
        "run-cancelled": Samples.response(
            .runCancelled(
                .with {
                    $0.jobsCancelled = 12
                    $0.jobsKept = 2
                    $0.joinsDropped = 3
                    $0.jobsLeft = 4
                }
            )
        ),
        "paused": Samples.response(.paused(.with { $0.pause = pause })),
        "resumed": Samples.response(.resumed(.with { $0.pause = pause })),
        "status-pauses": Samples.response(
            .status(
                .with {
                    $0.software = "0.1.0"
                    $0.pauses = [pause]
                }
            )
        ),
    ]

    private static var pause: WirePauseStatus {
        .with {
            $0.scope = "kind"
            $0.name = "modules"
            $0.untilUnixMilliseconds = 1_800_000_600_000
            $0.reason = "10 wikis: HTTP 500"
            $0.pausedBy = "coordinator"
            $0.pausedAtUnixMilliseconds = 1_800_000_000_000
            $0.automatic = true
        }
    }

    private static func job(_ number: UInt64, _ wiki: String, why: String = "") -> WireNamedJob {
        .with {
            $0.job = number
            $0.kind = "modules"
            $0.wiki = wiki
            $0.state = "failed"
            $0.why = why
        }
    }
}
