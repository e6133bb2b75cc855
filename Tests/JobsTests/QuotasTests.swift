import Testing

@testable import Jobs

@Suite struct QuotasTests {
    @Test func singleResourceBeforeItsType() throws {
        let named = try Quotas.parse(" site:wikimedia = 16 , dumps=2/60,database=17 ")
        let quotas = Quotas(siteInFlight: 3, siteRequestsPerMinute: 180, named: named)
        #expect(quotas[.site("wikimedia")] == Quota(atOnce: 16))
        #expect(quotas[.site("other")] == Quota(atOnce: 3, perMinute: 180))
        #expect(quotas[.wiki("enwiki")] == Quota(atOnce: 1))
        #expect(quotas[Resource(rawValue: "dumps:any")] == Quota(atOnce: 2, perMinute: 60))
        #expect(quotas[.database] == Quota(atOnce: 17))
        #expect(Quotas()[.database] == .unlimited)
        #expect(quotas[Resource(rawValue: "what:ever")] == Quota(atOnce: 1))
    }

    @Test(arguments: ["a", "a=", "=1", "a=0", "a=-1", "a=1/", "a=1/0", "a=1/2/3", "a=1,a=2", "a=1/inf", "a=b", "a=1=2"])
    func mistakesAreTold(_ text: String) {
        #expect(throws: Quotas.InvalidQuota.self) { try Quotas.parse(text) }
    }
}
