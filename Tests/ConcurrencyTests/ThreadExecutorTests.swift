import Concurrency
import Glibc
import Testing

@Suite(.timeLimit(.minutes(1))) struct ThreadExecutorTests {
    actor Counter {
        nonisolated let executor: ThreadExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        private var count = 0

        init(name: String) throws { executor = try ThreadExecutor(name: name) }

        func add() -> pthread_t {
            executor.checkIsolated()
            count += 1
            return pthread_self()
        }

        func total() -> Int { count }
    }

    @Test func allJobsRunOnOneThread() async throws {
        let counter = try Counter(name: "one-thread")
        let threads = await withTaskGroup(of: pthread_t.self, returning: Set<pthread_t>.self) { group in
            for _ in 0..<1000 { group.addTask { await counter.add() } }
            return await group.reduce(into: []) { $0.insert($1) }
        }
        #expect(threads.count == 1)
        #expect(await counter.total() == 1000)
        #expect(counter.executor.isIsolatingCurrentContext() == false)
    }

    @Test func threadEndsWithItsActor() async throws {
        do {
            let counter = try Counter(name: "ends-with-actor")
            _ = await counter.add()
            #expect(threadNames().contains("ends-with-actor"))
        }
        while threadNames().contains("ends-with-actor") { await Task.yield() }
    }

    private func threadNames() -> [String] {
        guard let directory = opendir("/proc/self/task") else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let id = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let file = fopen("/proc/self/task/\(id)/comm", "r") else { continue }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 32)
            guard fgets(&line, 32, file) != nil else { continue }
            names.append(String(decoding: line.prefix { $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        }
        return names
    }
}
