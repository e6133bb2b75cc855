import Testing

@testable import HTTPFetch

@Suite struct AdmissionTests {
    private func next(_ admission: inout Admission) -> UInt64? { admission.next() }
    private func remove(_ id: UInt64, _ admission: inout Admission) -> Bool { admission.remove(id) }

    @Test func hostsDoNotBlockEachOther() {
        var admission = Admission(perHost: 1, inAll: 10)
        for (id, host) in [(1, "a"), (2, "a"), (3, "b")] { admission.enqueue(UInt64(id), host: host) }
        #expect(next(&admission) == 1)
        #expect(next(&admission) == 3)
        #expect(next(&admission) == nil)
        #expect(remove(1, &admission))
        #expect(next(&admission) == 2)
        #expect(next(&admission) == nil)
    }

    @Test func totalIsKept() {
        var admission = Admission(perHost: 5, inAll: 2)
        for id in 1...3 { admission.enqueue(UInt64(id), host: "\(id)") }
        #expect(next(&admission) == 1)
        #expect(next(&admission) == 2)
        #expect(next(&admission) == nil)
        #expect(!remove(3, &admission))
        #expect(remove(2, &admission))
        #expect(next(&admission) == nil)
    }
}
