package import SwiftProtobuf

/// What holds for all messages. The rules are in `protocols/README.md`.
package enum Wire {
    /// The protocol that this program speaks.
    package static let version: UInt32 = 1
    /// The size of the largest message, in bytes.
    package static let maximumMessageSize = 4 << 20
    /// The length of request ids, incarnations, lease ids and nonces, in bytes.
    package static let idLength = 16
    /// The length of session tokens, in bytes.
    package static let sessionLength = 32
    /// The most leases that one message may name.
    package static let maximumLeases = 1024

    /// A new request id.
    static func randomID() -> [UInt8] { (0..<idLength).map { _ in UInt8.random(in: 0...255) } }

    /// The bytes of a message.
    /// - Throws: ``WireError`` when it is larger than a message may be.
    package static func encode(_ message: some Message) throws -> [UInt8] {
        let bytes: [UInt8] = try message.serializedBytes()
        guard bytes.count <= maximumMessageSize else {
            throw WireError("a message of \(bytes.count) bytes is too large; the limit is \(maximumMessageSize)")
        }
        return bytes
    }

    /// The message in these bytes, with fields that this version doesn't know kept.
    /// - Throws: ``WireError`` when they are no such message.
    package static func decode<Result: Message>(_ bytes: [UInt8], as type: Result.Type = Result.self) throws -> Result {
        do {
            return try Result(serializedBytes: bytes)
        } catch {
            throw WireError("\(bytes.count) bytes that are no \(type.protoMessageName)")
        }
    }
}

/// Bytes aren't what the protocol says.
package struct WireError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
