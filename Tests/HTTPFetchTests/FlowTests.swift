import Concurrency
import HTTPFetch
import RawServer
import Testing

/// Cancellation, waiting for connections, limits of the client and backpressure.
@Suite(.timeLimit(.minutes(3))) struct FlowTests {
    private func makeClient(maximumRequests: Int = 1024, connectTimeout: Duration = .seconds(10)) throws -> HTTPClient {
        try HTTPClient(
            HTTPClientSettings(
                userAgent: "test",
                maximumConnectionsPerHost: 1,
                maximumRequests: maximumRequests,
                connectTimeout: connectTimeout
            )
        )
    }

    @Test func cancellationInFlight() async throws {
        let client = try makeClient()
        let (isWaiting, waiting) = AsyncStream.makeStream(of: Void.self)
        let (isClosed, closed) = AsyncStream.makeStream(of: Void.self)
        let server = try RawServer { connection in
            _ = connection.readRequest()
            waiting.yield()
            connection.waitForClose()
            closed.yield()
        }
        let url = server.url
        let task = Task { try await client.fetch(HTTPRequest(url: url)) }
        for await _ in isWaiting { break }
        task.cancel()
        let error = await #expect(throws: HTTPError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        // The server sees it too: the connection isn't left behind.
        for await _ in isClosed { break }
    }

    @Test func cancellationBeforeTheStart() async throws {
        let client = try makeClient()
        let server = try RawServer { $0.waitForClose() }
        let url = server.url
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await client.fetch(HTTPRequest(url: url))
        }
        task.cancel()
        let error = await #expect(throws: HTTPError.self) { try await task.value }
        #expect(error?.code == .cancelled)
    }

    @Test func racingCancellations() async throws {
        let client = try makeClient(maximumRequests: 4000)
        let server = try RawServer { connection in
            while connection.readRequest() != nil { connection.respond(body: [1]) }
        }
        let url = server.url
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    let task = Task { try await client.fetch(HTTPRequest(url: url)) }
                    for _ in 0..<(number % 7) { await Task.yield() }
                    if number % 3 != 0 { task.cancel() }
                    switch await task.result {
                    case .success(let response): return response.body == [1]
                    case .failure(let error): return (error as? HTTPError)?.code == .cancelled && number % 3 != 0
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
        #expect(try await client.fetch(HTTPRequest(url: url)).body == [1])
    }

    @Test func waitingForAConnectionIsNoConnectTimeoutAndNoStall() async throws {
        let client = try makeClient(connectTimeout: .milliseconds(300))
        let server = try RawServer { connection in
            while connection.readRequest() != nil {
                block(milliseconds: 400)
                connection.respond(headers: ["Connection: close"], body: [1])
                return
            }
        }
        let url = server.url
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await client.fetch(HTTPRequest(url: url, stallDeadline: .milliseconds(700))).status
                }
            }
            for try await status in group { #expect(status == 200) }
        }
        #expect(server.connections == 4)
    }

    @Test func deadlineHoldsWhileWaitingForAConnection() async throws {
        let client = try makeClient()
        let server = try RawServer { $0.waitForClose() }
        let url = server.url
        await withTaskGroup(of: HTTPError.Code?.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    let error = await #expect(throws: HTTPError.self) {
                        try await client.fetch(HTTPRequest(url: url, deadline: .milliseconds(300)))
                    }
                    return error?.code
                }
            }
            for await code in group { #expect(code == .timeout) }
        }
    }

    @Test func fullClientSaysSo() async throws {
        let client = try makeClient(maximumRequests: 1)
        let (isWaiting, waiting) = AsyncStream.makeStream(of: Void.self)
        let server = try RawServer { connection in
            _ = connection.readRequest()
            waiting.yield()
            connection.waitForClose()
        }
        let url = server.url
        let first = Task { try await client.fetch(HTTPRequest(url: url)) }
        for await _ in isWaiting { break }
        let error = await #expect(throws: HTTPError.self) { try await client.fetch(HTTPRequest(url: url)) }
        #expect(error?.code == .clientFull)
        #expect(error?.isTransient == true)
        await client.shutdown()
        let ended = await #expect(throws: HTTPError.self) { try await first.value }
        #expect(ended?.code == .shutDown)
    }

    @Test func slowConsumerStopsTheServer() async throws {
        let client = try makeClient()
        let total = 64 << 20
        let sent = Lock(0)
        let (isBlocked, blocked) = AsyncStream.makeStream(of: Void.self)
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            let piece = [UInt8](repeating: 5, count: 64 << 10)
            connection.whenBlocked = { blocked.yield() }
            for _ in 0..<(total / piece.count) {
                guard connection.write(piece) else { return }
                sent.withLock { $0 += piece.count }
            }
        }
        let request = HTTPRequest(url: server.url, stallDeadline: .milliseconds(300), bodyLimit: nil)
        let stream = try await client.stream(request)
        // Nothing is consumed: the server must come to a stop, with only the sockets' buffers and ours full.
        for await _ in isBlocked { break }
        #expect(sent.withLock { $0 } < total / 2)
        // Longer than the stall deadline: the consumer's slowness isn't the server's.
        try await Task.sleep(for: .milliseconds(500))
        var received = 0
        var largest = 0
        for try await chunk in stream {
            received += chunk.count
            largest = max(largest, chunk.count)
        }
        #expect(received == total)
        #expect(largest <= HTTPClient.streamBufferBytes)
        // The buffer was used, so the bound above means something.
        #expect(largest > HTTPClient.streamBufferBytes / 2)
    }

    @Test func droppedStreamEndsTheRequest() async throws {
        let client = try makeClient()
        let (isClosed, closed) = AsyncStream.makeStream(of: Void.self)
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n\r\nfirst")
            connection.waitForClose()
            closed.yield()
        }
        for try await chunk in try await client.stream(HTTPRequest(url: server.url)) {
            #expect(chunk == Array("first".utf8))
            break
        }
        for await _ in isClosed { break }
    }

    @Test func cancelledConsumerEndsTheStream() async throws {
        let client = try makeClient()
        let (isWaiting, waiting) = AsyncStream.makeStream(of: Void.self)
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n\r\nfirst")
            connection.waitForClose()
        }
        let url = server.url
        let task = Task {
            for try await _ in try await client.stream(HTTPRequest(url: url)) { waiting.yield() }
        }
        for await _ in isWaiting { break }
        task.cancel()
        let error = await #expect(throws: HTTPError.self) { try await task.value }
        #expect(error?.code == .cancelled)
    }

    @Test func streamThatBreaksOff() async throws {
        let client = try makeClient()
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        }
        let stream = try await client.stream(HTTPRequest(url: server.url))
        let error = await #expect(throws: HTTPError.self) { for try await _ in stream {} }
        #expect(error?.code == .connectionLost)
    }
}
