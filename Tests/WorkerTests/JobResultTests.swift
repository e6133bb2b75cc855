import HTTPFetch
import Jobs
import MariaDB
import MediaWiki
import Testing

@testable import Worker

extension JobResult {
    /// What a job that can't be done is told to have failed of.
    var failure: String? { if case .failed(let message, permanent: true, _) = self { message } else { nil } }

    var isLost: Bool { if case .lost = self { true } else { false } }

    func isFailed(permanent: Bool) -> Bool {
        if case .failed(_, permanent, _) = self { true } else { false }
    }

    func isReleased(wait: Duration, resource: Resource?) -> Bool {
        if case .released(_, wait, resource) = self { true } else { false }
    }
}

/// What an error of the work means to the coordinator.
@Suite struct JobResultTests {
    private let site = Resource.site("test")

    private func result(_ error: any Error, lease: LeaseStanding = .held, wiki: String = "testwiki") -> JobResult {
        JobResult(error, lease: lease, site: site, wiki: wiki)
    }

    private func api(_ kind: APIError.Kind, status: Int? = nil, retryAfter: Duration? = nil) -> APIError {
        APIError(wiki: "testwiki", kind: kind, status: status, retryAfter: retryAfter)
    }

    @Test func lossIsToldToNobody() {
        let lease = Lease(job: JobID(rawValue: 1), attempt: 1, id: .random())
        #expect(result(LeaseLost(lease: lease)).isLost)
        #expect(result(CancellationError(), lease: .takenBack).isLost)
        #expect(result(api(.badContinue), lease: .takenBack).isLost)
    }

    @Test func leaseThatNobodyRenewedIsGivenBack() {
        let lease = Lease(job: JobID(rawValue: 1), attempt: 1, id: .random())
        for error in [LeaseLost(lease: lease), CancellationError(), api(.badContinue)] as [any Error] {
            #expect(result(error, lease: .expired).isReleased(wait: .zero, resource: nil), "\(error)")
        }
    }

    @Test func stoppingGivesTheJobBack() {
        for error in [Stopping(), CancellationError()] as [any Error] {
            #expect(result(error).isReleased(wait: .zero, resource: nil), "\(error)")
        }
    }

    @Test func wikiThatAsksForTime() {
        let wiki = Resource.wiki("testwiki")
        let lag = api(.maxlag(seconds: 6), status: 200, retryAfter: .seconds(5))
        #expect(result(lag).isReleased(wait: .seconds(5), resource: wiki))
        #expect(result(api(.readOnly, status: 200)).isReleased(wait: .zero, resource: wiki))
        #expect(result(api(.httpStatus(503), status: 503)).isReleased(wait: .zero, resource: wiki))
        let limited = api(.rateLimited, status: 429, retryAfter: .seconds(30))
        #expect(result(limited).isReleased(wait: .seconds(30), resource: site))
        // The list of wikis isn't about one wiki.
        #expect(result(lag, wiki: "").isReleased(wait: .seconds(5), resource: site))
    }

    @Test func failuresThatMayPass() {
        let kinds: [APIError.Kind] = [
            .httpStatus(500), .httpStatus(502), .brokenJSON, .unexpectedAnswer,
            .api(code: "internal_api_error_DBQueryError"),
        ]
        for kind in kinds { #expect(result(api(kind)).isFailed(permanent: false), "\(kind)") }
    }

    @Test func failuresThatStay() {
        let kinds: [APIError.Kind] = [
            .httpStatus(404), .httpStatus(403), .notJSON(firstWords: "Welcome"), .api(code: "readapidenied"),
            .wrongWiki(found: "other"), .noModuleNamespace, .noSiteMatrix, .badContinue,
        ]
        for kind in kinds { #expect(result(api(kind)).isFailed(permanent: true), "\(kind)") }
        #expect(result(CannotBeDone("no")).failure == "no")
        let parameters = InvalidParameters(kind: .wikis, problem: "no")
        #expect(result(parameters).failure == parameters.description)
    }
}
