import FoundationEssentials
import Protocol
import SwiftProtobuf
import Testing

/// The bytes of each message, made by protoc. They are on the wire somewhere: a test that finds them changed is right.
@Suite struct GoldenTests {
    @Test(arguments: Samples.requests.keys.sorted())
    func requestHasItsBytes(_ name: String) throws {
        let bytes = try fixture("request-\(name)")
        let expected = try #require(Samples.requests[name])
        #expect(try Wire.decode(bytes, as: WireRequest.self) == expected)
        #expect(try Wire.encode(expected) == bytes)
    }

    @Test(arguments: Samples.responses.keys.sorted())
    func responseHasItsBytes(_ name: String) throws {
        let bytes = try fixture("response-\(name)")
        let expected = try #require(Samples.responses[name])
        #expect(try Wire.decode(bytes, as: WireResponse.self) == expected)
        #expect(try Wire.encode(expected) == bytes)
    }

    @Test func eachFixtureIsOfAMessageThatIsTested() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: fixtures).filter { $0.hasSuffix(".hex") }
        let tested =
            Samples.requests.keys.map { "request-\($0).hex" } + Samples.responses.keys.map { "response-\($0).hex" }
        #expect(files.sorted() == tested.sorted())
    }

    @Test func unknownFieldsAreKept() throws {
        // Field 999, a varint, in the envelope and within its body.
        let unknown: [UInt8] = [0xb8, 0x3e, 0x2a]
        var acquire = try fixture("request-acquire")
        let body = try #require(acquire.lastIndex(of: 0xa2))
        #expect(acquire[body + 1] == 0x01)
        acquire[body + 2] += UInt8(unknown.count)
        let bytes = acquire + unknown + unknown
        let request = try Wire.decode(bytes, as: WireRequest.self)
        #expect(request.acquire.slots == 8)
        #expect(Array(request.unknownFields.data) == unknown)
        #expect(Array(request.acquire.unknownFields.data) == unknown)
        #expect(try Wire.encode(request) == bytes)
    }

    @Test func bodyOfALaterVersionIsNoBody() throws {
        // Field 60, empty: a message that a later version may have.
        let bytes: [UInt8] = Array(try fixture("request-hello").prefix(18)) + [0xe2, 0x03, 0x00]
        let request = try Wire.decode(bytes, as: WireRequest.self)
        #expect(request.body == nil)
        #expect(request.requestID.count == Wire.idLength)
    }

    @Test(arguments: [[0xff], [0x0a, 0x10, 0x01], Array("GET / HTTP/1.1\r\n\r\n".utf8)] as [[UInt8]])
    func garbageIsRefused(_ bytes: [UInt8]) throws {
        let error = #expect(throws: WireError.self) { try Wire.decode(bytes, as: WireRequest.self) }
        #expect(error?.description == "\(bytes.count) bytes that are no perigee.v1.Request")
    }

    @Test func everyPrefixIsRefusedOrAnotherMessage() throws {
        for name in Samples.requests.keys {
            let whole = try fixture("request-\(name)")
            for length in whole.indices {
                guard let part = try? Wire.decode(Array(whole.prefix(length)), as: WireRequest.self) else { continue }
                #expect(part != Samples.requests[name])
            }
        }
    }

    @Test func messageThatIsTooLargeIsNotEncoded() throws {
        var start = WireStartRun()
        var request = WireRequest()
        start.parameters = Data(repeating: 0x20, count: Wire.maximumMessageSize - 11)
        request.startRun = start
        #expect(try Wire.encode(request).count == Wire.maximumMessageSize)
        start.parameters.append(0x20)
        request.startRun = start
        #expect(throws: WireError.self) { try Wire.encode(request) }
    }

    private var fixtures: String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "protocols/fixtures/v1").path
    }

    private func fixture(_ name: String) throws -> [UInt8] {
        try String(contentsOfFile: "\(fixtures)/\(name).hex", encoding: .utf8).split(whereSeparator: \.isWhitespace)
            .map { try #require(UInt8($0, radix: 16)) }
    }
}
