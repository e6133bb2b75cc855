import Dispatch
import Foundation
import Testing

@testable import NNG

extension SocketTests {
    @Suite(.timeLimit(.minutes(5)))
    struct ConnectionTests {
        @Test func lostPeerEndsTheRequestAtOnceAndIsFoundAgain() async throws {
            let arrived = Counter()
            let gate = Gate()
            let handler: Handler = { _ in
                arrived.add(1)
                await gate.pass()
                return []
            }
            let first = try await Replier.listen(on: Transport.tls.address, tls: Transport.tls.replierFiles)
            async let running: Void = first.run(handler)
            var options = RequesterOptions()
            options.minimumReconnectDelay = .milliseconds(10)
            options.maximumReconnectDelay = .milliseconds(100)
            let requester = try await Requester(
                address: first.boundAddress,
                tls: Transport.tls.requesterFiles,
                options: options
            )
            try await requester.connect(within: .seconds(30))
            #expect(requester.isConnected)
            // Connecting again changes nothing.
            try await requester.connect(within: .seconds(30))
            let task = Task { try await requester.request([1], within: .seconds(3600)) }
            try await eventually { arrived.value == 1 }
            try await first.updateTLS(#require(Transport.tls.replierFiles), droppingConnections: true)
            let error = try await errorOf { _ = try await task.value }
            #expect(error == NNGError(.connectionReset, .receive, address: first.boundAddress))
            #expect(error.isConnectivity)
            gate.open()
            #expect(try await requester.ask([2]) == [])
            await first.stop(within: .seconds(5))
            try await running
            try await eventually { !requester.isConnected }

            try await withReplier(address: first.boundAddress) { _ async throws in
                #expect(try await requester.ask([3]) == [3])
                #expect(requester.isConnected)
            }
            await requester.close(within: .seconds(5))
        }

        @Test func replierRestartsOnItsPortAgainAndAgain() async throws {
            let address = try await withReplier { $0.boundAddress }
            var options = RequesterOptions()
            options.minimumReconnectDelay = .milliseconds(5)
            options.maximumReconnectDelay = .milliseconds(50)
            let requester = try await Requester(address: address, tls: Transport.tls.requesterFiles, options: options)
            // The peer is away: this isn't an error.
            try await requester.connectInBackground()
            for number in 0..<10 {
                try await withReplier(address: address) { _ async throws in
                    #expect(try await requester.ask(number.message) == number.message)
                }
                try await eventually { !requester.isConnected }
            }
            await requester.close(within: .seconds(5))
        }

        @Test func dialerOutlivesPeersThatHangUpInTheHandshake() async throws {
            var options = RequesterOptions()
            options.minimumReconnectDelay = .milliseconds(1)
            options.maximumReconnectDelay = .milliseconds(5)
            options.redialAfter = .milliseconds(100)
            options.onProblem = { Issue.record($0) }
            let server = try PlainSocket.listening()
            let port = server.port
            let requester = try await Requester(
                address: "tls+tcp://127.0.0.1:\(port)",
                tls: Transport.tls.requesterFiles,
                options: options
            )
            try await requester.connectInBackground()
            let rounds = Pending<Void>.on {
                for round in 0..<100 {
                    guard let client = try? server.accept() else { return }
                    switch round % 5 {
                    case 0: break
                    case 1: client.prepareReset()
                    case 2: _ = client.read()
                    case 3:
                        _ = client.read()
                        client.prepareReset()
                    default:
                        _ = client.read()
                        try? client.write([0x16, 3, 3, 0, 100, 2, 0, 0, 96, 3, 3])
                    }
                }
                server.stopListening()
            }
            try #require(await rounds.value(within: .seconds(120)) != nil)
            #expect(!requester.isConnected)
            try await withReplier(address: requester.address) { _ in
                var answer: [UInt8]?
                while answer == nil {
                    try Task.checkCancellation()
                    // Replacing the dialer may cost a connection that was made at that moment.
                    do throws(NNGError) { answer = try await requester.request([1], within: .seconds(60)) } catch {
                        #expect(error.isConnectivity)
                    }
                }
                #expect(answer == [1])
            }
            await requester.close(within: .seconds(5))
        }

        @Test func refusedConnectionSaysSoAndCanBeTriedAgain() async throws {
            let address = try await withReplier { $0.boundAddress }
            let requester = try await Requester(address: address, tls: Transport.tls.requesterFiles)
            let error = try await errorOf { try await requester.connect(within: .seconds(30)) }
            #expect(error == NNGError(.connectionRefused, .dial, address: address))
            #expect(error.isConnectivity)
            #expect(error.description.contains("nothing listens there"))
            try await withReplier(address: address) { _ async throws in
                try await requester.connect(within: .seconds(30))
                #expect(try await requester.ask([1]) == [1])
            }
            await requester.close(within: .seconds(5))
        }

        @Test(arguments: ["tls+tcp://no-such-host.invalid:1", "tls+tcp://localhost:notaport"])
        func hostThatIsNoneSaysSo(_ address: String) async throws {
            let error = try await errorOf {
                try await Requester(address: address, tls: Transport.tls.requesterFiles).connect(within: .seconds(60))
            }
            #expect(error == NNGError(.addressInvalid, .dial, address: address))
            #expect(!error.isConnectivity)
            #expect(error.description.contains("can't be resolved"))
        }

        @Test func addressMustFitTheFiles() async throws {
            let files = try await Transport.tls.requesterFiles
            #expect(throws: NNGError(.invalid, .open, address: "tcp://localhost:1")) {
                try Requester(address: "tcp://localhost:1", tls: files)
            }
            #expect(throws: NNGError(.invalid, .open, address: "tls+tcp://localhost:1")) {
                try Requester(address: "tls+tcp://localhost:1", tls: nil)
            }
            await #expect(throws: NNGError(.invalid, .listen, address: "tls+tcp://localhost:0")) {
                try await Replier.listen(on: "tls+tcp://localhost:0", tls: nil)
            }
        }

        @Test func portInUseSaysSo() async throws {
            try await withReplier { replier in
                let error = try await errorOf {
                    _ = try await Replier.listen(on: replier.boundAddress, tls: Transport.tls.replierFiles)
                }
                #expect(error == NNGError(.addressInUse, .listen, address: replier.boundAddress))
                #expect(error.description.contains("another process"))
            }
        }

        /// Whatever answers there instead of TLS, connecting says that it isn't the right thing.
        @Test(arguments: [
            "SSH-2.0-OpenSSH_9.2p1\r\n", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "",
            "\0SP\0\0\u{31}\0\0",
        ])
        func somethingElseThanTLSSaysSo(_ greeting: String) async throws {
            let server = try PlainSocket.listening()
            let port = server.port
            let done = Gate()
            DispatchQueue(label: "server").async {
                if let client = try? server.accept() {
                    _ = client.read()
                    try? client.write(Array(greeting.utf8))
                }
                done.open()
            }
            let requester = try await Requester(
                address: "tls+tcp://127.0.0.1:\(port)",
                tls: Transport.tls.requesterFiles
            )
            let error = try await errorOf { try await requester.connect(within: .seconds(30)) }
            #expect([.crypto, .connectionShut, .connectionReset].contains(error.code), "\(error)")
            #expect(error.operation == .dial)
            #expect(error.description.contains("; "))
            await done.pass()
            await requester.close(within: .seconds(5))
        }

        @Test func serverThatNeverAnswersIsGivenUpAtTheDeadlineOrWhenCancelled() async throws {
            let server = try PlainSocket.listening()
            let address = "tls+tcp://127.0.0.1:\(server.port)"
            let requester = try await Requester(address: address, tls: Transport.tls.requesterFiles)
            let late = try await errorOf { try await requester.connect(within: .milliseconds(50)) }
            #expect(late == NNGError(.timedOut, .dial, address: address))
            let task = Task { try await requester.connect(within: .seconds(3600)) }
            _ = try server.accept()
            task.cancel()
            let cancelled = try await errorOf { try await task.value }
            #expect(cancelled == NNGError(.cancelled, .dial, address: address))
            await requester.close(within: .seconds(5))
        }

        @Test func nngPeerOfAnotherProtocolSaysSo() async throws {
            // A requester can't talk to a requester: this is the greeting of a REQ socket, where a REP is wanted.
            let server = try PlainSocket.listening()
            let address = "tcp://127.0.0.1:\(server.port)"
            DispatchQueue(label: "server").async {
                guard let client = try? server.accept() else { return }
                try? client.write([0, 0x53, 0x50, 0, 0, 0x30, 0, 0])
                while !client.read().isEmpty {}
            }
            let requester = try Requester(address: address, tls: nil)
            let error = try await errorOf { try await requester.connect(within: .seconds(30)) }
            #expect(error == NNGError(.protocolError, .dial, address: address))
            await requester.close(within: .seconds(5))
        }
    }
}
