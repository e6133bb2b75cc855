import Dispatch
import NNG
import Testing

extension SocketTests {
    @Suite(.timeLimit(.minutes(5)))
    struct ProbeTests {
        @Test(arguments: Transport.allCases)
        func probeIsAnsweredWithoutTheHandler(_ transport: Transport) async throws {
            let handled = Counter()
            let handler: Handler = { request in
                handled.add(1)
                return request.payload
            }
            try await withReplier(transport, handler: handler) { replier in
                for _ in 0..<5 { try await replier.probe(tls: transport.replierFiles, within: .seconds(60)) }
            }
            #expect(handled.value == 0)
        }

        @Test func processProbesItselfWithoutAListenerOfItsOwn() async throws {
            for _ in 0..<5 { try await Probe.sendToSelf(within: .seconds(60)) }
        }

        @Test func listenerOnAllInterfacesIsReached() async throws {
            try await withReplier(address: "tls+tcp://0.0.0.0:0") { replier in
                try await replier.probe(tls: Transport.tls.replierFiles, within: .seconds(60))
            }
        }

        @Test func probeFailsWhenTheListenerIsGone() async throws {
            let replier = try await withReplier { $0 }
            let error = try await errorOf {
                try await replier.probe(tls: Transport.tls.replierFiles, within: .seconds(60))
            }
            #expect(error.code == .connectionRefused)
        }

        @Test func probeFailsWhenNobodyAnswers() async throws {
            // Bound, but `run` was never called.
            let replier = try await Replier.listen(on: Transport.tls.address, tls: Transport.tls.replierFiles)
            let error = try await errorOf {
                try await replier.probe(tls: Transport.tls.replierFiles, within: .milliseconds(500))
            }
            #expect(error.code == .timedOut)
            await replier.stop(within: .seconds(5))
        }

        @Test func otherAnswerThanTheProbeIsAnError() async throws {
            // Another program, with a REP socket that answers with one letter.
            let server = try PlainSocket.listening()
            DispatchQueue(label: "server").async {
                guard let client = try? server.accept() else { return }
                try? client.write([0, 0x53, 0x50, 0, 0, 0x31, 0, 0])
                // Greeting, length, number of the request, payload.
                var bytes: [UInt8] = []
                while bytes.count < 8 + 8 + 4 + Probe.payload.count {
                    let more = client.read()
                    if more.isEmpty { return }
                    bytes += more
                }
                try? client.write([0, 0, 0, 0, 0, 0, 0, 5] + bytes[16..<20] + [0x78])
                while !client.read().isEmpty {}
            }
            let address = "tcp://127.0.0.1:\(server.port)"
            let error = try await errorOf { try await Probe.send(to: address, tls: nil, within: .seconds(60)) }
            #expect(error == NNGError(.protocolError, .answer, address: address))
        }
    }
}
