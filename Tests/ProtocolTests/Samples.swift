import FoundationEssentials
import Protocol
import SwiftProtobuf

/// What the files of `Fixtures` hold.
enum Samples {
    static let requests = own.merging(ControlSamples.requests) { first, _ in first }
        .merging(KeepingSamples.requests) { first, _ in first }
    static let responses = ownResponses.merging(ControlSamples.responses) { first, _ in first }
        .merging(KeepingSamples.responses) { first, _ in first }

    private static let own: [String: WireRequest] = [
        "hello": request(.hello(WireHello()), session: false),
        "register": request(
            .register(
                .with {
                    $0.nonce = bytes(0x60, 16)
                    $0.name = "worker-1.test_a"
                    $0.incarnation = bytes(0x80, 16)
                    $0.host = "host1"
                    $0.pid = 4242
                    $0.software = "0.1.0"
                    $0.protocol = 1
                    $0.schema = 1
                    $0.kinds = ["wikis", "modules"]
                    $0.slots = 8
                    $0.proof = bytes(0xc0, 32)
                }
            ),
            session: false
        ),
        "bye": request(.bye(WireBye())),
        "acquire": request(
            .acquire(
                .with {
                    $0.slots = 8
                    $0.waitMilliseconds = 30_000
                }
            )
        ),
        "heartbeat": request(
            .heartbeat(
                .with {
                    $0.leases = [
                        .with {
                            $0.lease = lease
                            $0.checkpointSequence = 12
                            $0.itemsDone = 600
                            $0.itemsExpected = 1234
                        }
                    ]
                    $0.waits = [
                        .with {
                            $0.resource = "site:wikimedia"
                            $0.waitMilliseconds = 5000
                            $0.reason = "HTTP 429"
                        }
                    ]
                }
            )
        ),
        "complete": request(
            .complete(
                .with {
                    $0.completions = [
                        .with {
                            $0.lease = lease
                            $0.counts = ["pages_listed": 512]
                        }
                    ]
                }
            )
        ),
        "complete-checkpoint": request(
            .complete(
                .with {
                    $0.completions = [
                        .with {
                            $0.lease = lease
                            $0.counts = ["pages_listed": 512]
                            $0.checkpointSequence = 7
                        }
                    ]
                }
            )
        ),
        "fail": request(
            .fail(
                .with {
                    $0.failures = [
                        .with {
                            $0.lease = lease
                            $0.message = "HTTP 404"
                            $0.permanent = true
                        }
                    ]
                }
            )
        ),
        "release": request(
            .release(
                .with {
                    $0.handbacks = [
                        .with {
                            $0.lease = lease
                            $0.reason = "maxlag"
                            $0.waitMilliseconds = 60_000
                            $0.resource = "site:wikimedia"
                        }
                    ]
                }
            )
        ),
        "start-run": request(
            .startRun(
                .with {
                    $0.kinds = ["modules"]
                    $0.wikis = ["aawiki", "b\u{e4}wiki"]
                    $0.family = "wikipedia"
                    $0.parameters = Data(#"{"a":1}"#.utf8)
                    $0.requestedBy = "me@host1"
                }
            )
        ),
        "get-status": request(.getStatus(WireGetStatus())),
        "drain-workers": request(
            .drainWorkers(
                .with {
                    $0.target = .with { $0.worker = "worker-1" }
                    $0.reason = "new kernel"
                    $0.deadlineMilliseconds = 600_000
                    $0.requestedBy = "me@host1"
                }
            )
        ),
        "resume-workers": request(.resumeWorkers(.with { $0.target = .with { $0.host = "host1" } })),
    ]

    private static let ownResponses: [String: WireResponse] = [
        "refusal": response(
            .refusal(
                .with {
                    $0.code = .unavailable
                    $0.message = "the database is away"
                    $0.retryAfterMilliseconds = 2000
                }
            )
        ),
        "welcome": response(
            .welcome(
                .with {
                    $0.nonce = bytes(0x60, 16)
                    $0.software = "0.1.0"
                    $0.protocol = 1
                }
            )
        ),
        "registered": response(
            .registered(
                .with {
                    $0.session = bytes(0x40, 32)
                    $0.role = .worker
                    $0.heartbeatMilliseconds = 5000
                    $0.leaseMilliseconds = 45_000
                    $0.firstLeaseMilliseconds = 15_000
                }
            )
        ),
        "farewell": response(.farewell(WireFarewell())),
        "grants": response(
            .grants(
                .with {
                    $0.grants = [
                        .with {
                            $0.lease = lease
                            $0.run = 9
                            $0.kind = "modules"
                            $0.wiki = "aawiki"
                            $0.shard = "p1"
                            $0.parameters = Data("{}".utf8)
                            $0.shares = [share("site:wikimedia", 60), share("wiki:aawiki", 0)]
                        }
                    ]
                }
            )
        ),
        "verdicts": response(
            .verdicts(
                .with {
                    $0.verdicts = [verdict(4711, .held), verdict(4712, .lost)]
                    $0.directive = .drain
                }
            )
        ),
        "verdicts-unsure": response(
            .verdicts(
                .with {
                    $0.verdicts = [verdict(4711, .held)]
                    $0.directive = .stop
                    $0.reason = "worker worker-1 is drained by me@host1"
                }
            ),
            unsure: true
        ),
        "outcomes": response(
            .outcomes(.with { $0.outcomes = [outcome(4711, .accepted), outcome(4712, .stale)] })
        ),
        "run-started": response(
            .runStarted(
                .with {
                    $0.run = 9
                    $0.jobsPlanned = 300
                    $0.jobsJoined = 2
                }
            )
        ),
        "status": response(
            .status(
                .with {
                    $0.software = "0.1.0"
                    $0.uptimeMilliseconds = 3_600_000
                    $0.workers = [
                        .with {
                            $0.name = "worker-1"
                            $0.incarnation = bytes(0x80, 16)
                            $0.slots = 8
                            $0.leases = 3
                            $0.lastSeenMillisecondsAgo = 1500
                        }
                    ]
                    $0.resources = [
                        .with {
                            $0.name = "site:wikimedia"
                            $0.inUse = 2
                            $0.limit = 3
                            $0.heldBackMilliseconds = 60_000
                            $0.reason = "HTTP 429"
                        }
                    ]
                    $0.parkedRequests = 4
                }
            )
        ),
        "workers-targeted": response(
            .workersTargeted(
                .with {
                    $0.wasCordoned = true
                    $0.workers = [
                        .with {
                            $0.name = "worker-1"
                            $0.incarnation = bytes(0x80, 16)
                            $0.host = "host1"
                            $0.leases = 3
                            $0.cordoned = true
                        }
                    ]
                }
            )
        ),
    ]

    private static var lease: WireLease {
        .with {
            $0.job = 4711
            $0.attempt = 3
            $0.leaseID = bytes(0xa0, 16)
        }
    }

    private static func share(_ resource: String, _ rate: Double) -> WireShare {
        .with {
            $0.resource = resource
            $0.requestsPerMinute = rate
        }
    }

    private static func verdict(_ job: UInt64, _ ruling: WireVerdict.Ruling) -> WireVerdict {
        .with {
            $0.job = job
            $0.ruling = ruling
        }
    }

    private static func outcome(_ job: UInt64, _ ruling: WireOutcome.Ruling) -> WireOutcome {
        .with {
            $0.job = job
            $0.ruling = ruling
        }
    }

    /// So many bytes, each one more than the last.
    private static func bytes(_ first: UInt8, _ count: UInt8) -> Data { Data(first..<first + count) }

    static func request(_ body: WireRequest.OneOf_Body, session: Bool = true) -> WireRequest {
        .with {
            $0.requestID = bytes(0x10, 16)
            if session { $0.session = bytes(0x40, 32) }
            $0.body = body
        }
    }

    static func response(_ body: WireResponse.OneOf_Body, unsure: Bool = false) -> WireResponse {
        .with {
            $0.requestID = bytes(0x10, 16)
            $0.term = 7
            $0.unsure = unsure
            $0.body = body
        }
    }
}
