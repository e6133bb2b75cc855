import CZlib
import NIOCore

/// Writes the body of an answer, plain or as gzip, from text and ready-made blocks.
struct BodyWriter {
    private(set) var buffer: ByteBuffer
    private let isGzip: Bool
    /// Text that isn't compressed yet.
    private var pending: [UInt8] = []
    private var checksum: UInt = 0
    private var plainCount = 0
    private let deflater: Deflater

    /// Text up to this size is stored as it is: it doesn't get smaller.
    private static let storedLimit = 96

    init(isGzip: Bool, deflater: Deflater, capacity: Int = 4096) {
        self.isGzip = isGzip
        self.deflater = deflater
        buffer = ByteBufferAllocator().buffer(capacity: capacity)
        if isGzip { buffer.writeBytes([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]) }
    }

    mutating func write(_ text: String) {
        if isGzip { pending.append(contentsOf: text.utf8) } else { buffer.writeString(text) }
    }

    mutating func write(_ bytes: [UInt8]) {
        if isGzip { pending.append(contentsOf: bytes) } else { buffer.writeBytes(bytes) }
    }

    /// Writes a text inside a JSON string.
    mutating func write(contentsOf text: TextReference) {
        text.forEachPiece { piece in
            switch piece {
            case .text(let bytes): write(JSONText.escaped(bytes))
            case .spaces(let count): write([UInt8](repeating: UInt8(ascii: " "), count: count))
            case .block(let block): write(block)
            }
        }
    }

    private mutating func write(_ block: Corpus.Block) {
        guard isGzip else {
            buffer.writeBytes(block.escaped)
            return
        }
        flush()
        count(block.escaped)
        buffer.writeBytes(block.deflated)
    }

    /// The whole body.
    mutating func finish() -> ByteBuffer {
        guard isGzip else { return buffer }
        flush()
        // A last block without anything in it, then checksum and length. Source: RFC 1951, 3.2.3; RFC 1952, 2.3.
        buffer.writeBytes([0x03, 0x00])
        buffer.writeInteger(UInt32(truncatingIfNeeded: checksum), endianness: .little)
        buffer.writeInteger(UInt32(truncatingIfNeeded: plainCount), endianness: .little)
        return buffer
    }

    private mutating func flush() {
        guard !pending.isEmpty else { return }
        count(pending)
        if pending.count <= Self.storedLimit {
            let length = UInt16(pending.count)
            buffer.writeInteger(UInt8(0))
            buffer.writeInteger(length, endianness: .little)
            buffer.writeInteger(~length, endianness: .little)
            buffer.writeBytes(pending)
        } else {
            buffer.writeBytes(deflater.deflate(pending))
        }
        pending.removeAll(keepingCapacity: true)
    }

    private mutating func count(_ bytes: [UInt8]) {
        plainCount += bytes.count
        checksum = bytes.withUnsafeBufferPointer { crc32(checksum, $0.baseAddress, UInt32($0.count)) }
    }
}
