/// An answer whose body comes in pieces of at most ``HTTPClient/streamBufferBytes``.
///
/// It can be iterated once. Dropping it before its end, or cancelling the task that iterates, ends the request.
package final class HTTPStream: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    package typealias Failure = HTTPError

    /// Status, headers and URL.
    package let head: HTTPResponseHead

    private let id: UInt64
    private let buffer: StreamBuffer
    private let loop: TransferLoop

    init(head: HTTPResponseHead, id: UInt64, buffer: StreamBuffer, loop: TransferLoop) {
        self.head = head
        self.id = id
        self.buffer = buffer
        self.loop = loop
    }

    deinit { loop.cancel(id) }

    /// What came over the network, before decompression; 0 before the end of the body.
    package var wireBytes: Int { buffer.wireBytes }

    package func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    private func next() async throws(HTTPError) -> [UInt8]? {
        let taken = await withTaskCancellationHandler {
            await withCheckedContinuation { buffer.take($0) }
        } onCancel: {
            loop.cancel(id)
        }
        switch taken {
        case .chunk(let bytes, let wasPaused):
            if wasPaused { loop.resume(id) }
            return bytes
        case .end(let failure?): throw failure
        case .end(nil): return nil
        }
    }

    /// Gives the pieces of the body in their order.
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let stream: HTTPStream

        /// The next piece, never empty; `nil` after the last.
        /// - Throws: ``HTTPError``; then there is nothing more.
        package func next() async throws(HTTPError) -> [UInt8]? { try await stream.next() }
    }
}
