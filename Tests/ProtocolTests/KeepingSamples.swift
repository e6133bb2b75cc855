import FoundationEssentials
import Protocol
import SwiftProtobuf

/// What the fixtures of the messages of `keeping.proto` hold.
enum KeepingSamples {
    private static let hash = Data("0123456789abcdef0123456789abcdef".utf8)

    static let requests: [String: WireRequest] = [
        "keep-retention": Samples.request(
            .keepRetention(
                .with {
                    $0.dryRun = true
                    $0.requestedBy = "me@host1"
                }
            )
        ),
        "purge-sources": Samples.request(
            .purgeSources(
                .with {
                    $0.sha256 = [hash]
                    $0.dryRun = true
                    $0.reason = "private data"
                    $0.requestedBy = "me@host1"
                }
            )
        ),
    ]

    static let responses: [String: WireResponse] = [
        "retention-kept": Samples.response(
            .retentionKept(
                .with {
                    $0.counts = [
                        .with {
                            $0.name = "runs"
                            $0.count = 12
                            $0.days = 90
                        }
                    ]
                    $0.more = true
                }
            )
        ),
        "sources-purged": Samples.response(
            .sourcesPurged(
                .with {
                    $0.sources = [
                        .with {
                            $0.sha256 = hash
                            $0.modules = 312
                            $0.wikis = 300
                            $0.revisions = 400
                            $0.wasStored = true
                        }
                    ]
                    $0.finished = true
                }
            )
        ),
    ]
}
