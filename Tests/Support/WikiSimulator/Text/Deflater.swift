import CZlib

/// Compresses pieces that can be put one behind the other in one stream.
final class Deflater {
    private var stream = z_stream()

    init(level: Int32) {
        // A window of 32 KiB without zlib's own header: gzip's is written by whoever puts the pieces together.
        deflateInit2_(
            &stream,
            level,
            Z_DEFLATED,
            -15,
            8,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
    }

    deinit { deflateEnd(&stream) }

    /// Complete deflate blocks, none of them the last one of a stream, that refer to nothing before them.
    func deflate(_ bytes: [UInt8]) -> [UInt8] {
        deflateReset(&stream)
        let limit = Int(deflateBound(&stream, UInt(bytes.count))) + 16
        return [UInt8](unsafeUninitializedCapacity: limit) { output, count in
            bytes.withUnsafeBufferPointer { input in
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(limit)
                CZlib.deflate(&stream, Z_FULL_FLUSH)
                count = limit - Int(stream.avail_out)
            }
        }
    }
}
