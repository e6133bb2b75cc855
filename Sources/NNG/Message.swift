import CNNG

/// The body of a message, owned; nng's memory is freed with it.
struct Message: ~Copyable {
    private let pointer: OpaquePointer

    /// Takes over a message that nng has handed out.
    init(adopting pointer: OpaquePointer) { self.pointer = pointer }

    /// Makes a message with a copy of `bytes`; `nil` when there's no memory.
    init?(_ bytes: [UInt8]) {
        var allocated: OpaquePointer?
        guard nng_msg_alloc(&allocated, bytes.count) == 0, let allocated else { return nil }
        pointer = allocated
        bytes.withUnsafeBytes { source in
            if let base = source.baseAddress {
                nng_msg_body(allocated)?.copyMemory(from: base, byteCount: source.count)
            }
        }
    }

    deinit { nng_msg_free(pointer) }

    /// A copy of the body.
    var bytes: [UInt8] {
        [UInt8](UnsafeRawBufferPointer(start: nng_msg_body(pointer), count: nng_msg_len(pointer)))
    }

    /// The connection that it came by.
    var pipe: nng_pipe { nng_msg_get_pipe(pointer) }

    /// Gives the message away, to an operation that frees it.
    consuming func release() -> OpaquePointer {
        let pointer = pointer
        discard self
        return pointer
    }
}
