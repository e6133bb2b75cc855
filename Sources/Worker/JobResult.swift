import Catalog
import Concurrency
import HTTPFetch
import Jobs
import MariaDB
import MediaWiki
import Protocol

/// What became of the work on one job, as the coordinator is told it.
enum JobResult: Sendable {
    case completed(counts: [String: UInt64])
    /// `resource` is what it was that failed, if it is one that others use too.
    case failed(message: String, permanent: Bool, resource: Resource?)
    /// Goes back unfinished, without blame.
    case released(reason: String, wait: Duration, resource: Resource?)
    /// This worker can't do the job, nor others, until a person has acted. It goes back, for others to do.
    case unable(WorkerFault)
    /// The lease is over: there is nobody to tell.
    case lost
}

extension JobResult {
    /// What an error of the work means. This is the only place that decides it.
    /// - Parameters:
    ///   - lease: what became of the lease meanwhile.
    ///   - site: what the job's requests went to.
    init(_ error: any Error, lease: LeaseStanding, site: Resource, wiki: String) {
        switch error {
        case _ where lease == .takenBack: self = .lost
        case _ where lease == .expired:
            self = .released(reason: "nobody renewed its lease in time", wait: .zero, resource: nil)
        case is LeaseLost: self = .lost
        case is Stopping, is CancellationError:
            self = .released(reason: "the worker stops", wait: .zero, resource: nil)
        case let error as PutOff:
            self = .released(reason: error.description, wait: error.wait, resource: nil)
        case let error as APIError where error.isCancellation:
            // The request was cut short along with the work.
            self = .released(reason: "the worker stops", wait: .zero, resource: nil)
        case let error as HeldBack:
            // Whoever has to know of the resource knows.
            self = .released(reason: error.description, wait: error.wait, resource: nil)
        case let error as CheckpointMismatch:
            self = .released(reason: error.description, wait: .zero, resource: nil)
        case let error as APIError: self.init(error, site: site, wiki: wiki)
        case let error as HTTPError:
            self = .failed(message: error.description, permanent: !error.isTransient, resource: nil)
        case let error as MariaDBError: self.init(error)
        case let error as PoolError:
            self = .released(reason: error.description, wait: .seconds(10), resource: nil)
        case let error as CannotBeDone:
            self = .failed(message: error.description, permanent: error.byAnyWorker, resource: nil)
        case is InvalidParameters, is WikiDescriptionError, is Catalog.WikiListError:
            // What the job was given, or the list that it got, is wrong.
            self = .failed(message: "\(error)", permanent: true, resource: nil)
        default: self = .failed(message: "\(error)", permanent: false, resource: nil)
        }
    }

    private init(_ error: APIError, site: Resource, wiki: String) {
        switch error.recovery {
        case .holdBack:
            self = .released(
                reason: error.description,
                wait: error.retryAfter ?? .zero,
                resource: error.resource(site: site, wiki: wiki)
            )
        case .retry:
            self = .failed(
                message: error.description,
                permanent: false,
                resource: wiki.isEmpty ? site : .wiki(wiki)
            )
        // A person has to put that right, and no other job of the site will fare better.
        case .permanent where error.kind == .credentials: self = .unable(WorkerFault(cause: error.description))
        case .permanent: self = .failed(message: error.description, permanent: true, resource: nil)
        }
    }

    private init(_ error: MariaDBError) {
        switch error.class {
        case .again, .reconnect, .wait, .killed:
            self = .released(reason: "the database: \(error)", wait: .seconds(10), resource: nil)
        case .unknown:
            self = .released(reason: "the database said something unknown: \(error)", wait: .seconds(60), resource: nil)
        case .setup:
            self = .unable(WorkerFault(cause: "the database: \(error)"))
        case .permanent:
            self = .failed(message: "the database: \(error)", permanent: true, resource: nil)
        }
    }
}

extension APIError {
    /// What asks for time: what a whole site counts is its own matter; a wiki's lag concerns that wiki.
    func resource(site: Resource, wiki: String) -> Resource? {
        guard recovery == .holdBack else { return nil }
        return status == 429 || wiki.isEmpty ? site : .wiki(wiki)
    }
}
