import CCurl

/// Fetches over HTTP: many requests at once over few connections that are kept, HTTP/2 where the server has it.
///
/// One thread of its own does all the work; no call blocks a thread of the caller. The process must ignore `SIGPIPE`,
/// which is for the application to do: a connection that breaks while something is sent on it would end the process.
/// A proxy named by the environment (`https_proxy`, `no_proxy`) is used.
package final class HTTPClient: Sendable {
    /// The most bytes of a stream that wait for their consumer.
    package static let streamBufferBytes = 256 << 10

    /// The library behind the client with its version, for user agents: `libcurl/7.88.1`.
    package static var library: String {
        guard let information = curl_version_info(CURLVERSION_FIRST), let version = information.pointee.version else {
            return "libcurl"
        }
        return "libcurl/" + String(cString: version)
    }

    private let loop: TransferLoop

    /// Starts a client.
    /// - Throws: ``HTTPError`` with `other` when the system has no thread or descriptor left.
    package init(_ settings: HTTPClientSettings) throws(HTTPError) {
        loop = try TransferLoop.start(settings)
    }

    deinit { loop.stop() }

    /// Fetches the whole answer. A status that says failure is an answer, not an error.
    ///
    /// Cancelling the task ends the request at once with ``HTTPError/Code/cancelled``.
    /// - Throws: ``HTTPError`` with any code.
    package func fetch(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let id = try loop.reserve(url: request.url)
        let result: Result<HTTPResponse, HTTPError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.start(id, request, .whole { continuation.resume(returning: $0) })
                // A cancellation before the start found no request to cancel.
                if Task.isCancelled { loop.cancel(id) }
            }
        } onCancel: {
            loop.cancel(id)
        }
        return try result.get()
    }

    /// Fetches an answer whose body is consumed as it comes; returns once the head is there.
    ///
    /// At most ``streamBufferBytes`` wait for the consumer: then the server is made to wait. A compressed body can take up
    /// to 64 MiB more in libcurl, which can't stop in the middle of a piece that it expands.
    /// - Throws: ``HTTPError`` with any code.
    package func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream {
        let id = try loop.reserve(url: request.url)
        let buffer = StreamBuffer(limit: Self.streamBufferBytes)
        let result: Result<HTTPResponseHead, HTTPError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                buffer.takeHead(continuation)
                loop.start(id, request, .stream(buffer))
                if Task.isCancelled { loop.cancel(id) }
            }
        } onCancel: {
            loop.cancel(id)
        }
        return HTTPStream(head: try result.get(), id: id, buffer: buffer, loop: loop)
    }

    /// Ends all requests with ``HTTPError/Code/shutDown`` and returns when the thread is done. Later requests end the
    /// same way.
    package func shutdown() async { await loop.stopAndWait() }
}
