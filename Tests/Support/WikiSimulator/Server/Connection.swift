import Glibc
import NIOCore
import NIOHTTP1

/// One connection: reads requests and answers them by scripts, one after the other. It lives on its event loop.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private let simulator: WikiSimulator
    private var current: Request?
    private var waiting: [Request] = []
    private var isBusy = false
    private var closesAfter = false
    /// The number in the log of the request that is being answered.
    private var number: Int?
    private var feed: StreamFeed?

    /// A client that sends more requests than this ahead is broken.
    private static let mostWaiting = 100
    private static let mostBytes = 8 << 20

    init(_ simulator: WikiSimulator) { self.simulator = simulator }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            current = Request(
                method: head.method.rawValue,
                target: head.uri,
                headers: head.headers.map { ($0.name, $0.value) }
            )
        case .body(let part):
            current?.body += part.readableBytesView
            if current?.body.count ?? 0 > Self.mostBytes { context.close(promise: nil) }
        case .end:
            guard let request = current, waiting.count < Self.mostWaiting else {
                context.close(promise: nil)
                return
            }
            current = nil
            waiting.append(request)
            next(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(isAborted: true)
        feed = nil
        waiting = []
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func next(_ context: ChannelHandlerContext) {
        guard !isBusy, !waiting.isEmpty else { return }
        let request = waiting.removeFirst()
        isBusy = true
        closesAfter = request.header("Connection")?.lowercased() == "close"
        if request.path.hasPrefix("/simulator/") {
            let answer = simulator.control(request, on: context.eventLoop)
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            answer.whenComplete { result in
                let (connection, context) = bound.value
                let answer = (try? result.get()) ?? Answer(status: 500, reason: "Error", type: "text/plain", text: "")
                connection.run(Script(answer, at: 0).steps[...], context)
            }
        } else if request.path.hasPrefix("/v2/stream/") {
            let (feed, number) = simulator.openStream(request)
            (self.feed, self.number) = (feed, number)
            run(feed.opening[...], context)
        } else {
            let (script, number) = simulator.respond(request)
            self.number = number
            run(script.steps[...], context)
        }
    }

    // MARK: Steps

    private func run(_ steps: ArraySlice<Script.Step>, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        var rest = steps
        // What follows without a wait between goes out together.
        while case .send(let bytes)? = rest.first, case .send? = rest.dropFirst().first {
            context.write(wrapOutboundOut(bytes), promise: nil)
            rest = rest.dropFirst()
        }
        guard let step = rest.popFirst() else {
            answered(context)
            return
        }
        switch step {
        case .send(let bytes): send(bytes, context) { $0.run(rest, $1) }
        case .drip(let bytes, let rate): drip(bytes, rate, context, rest)
        case .dripForEver(let rate):
            drip(ByteBuffer(repeating: 0x20, count: max(rate, 1) * 10), rate, context, steps)
        case .wait(let milliseconds): after(.milliseconds(Int64(milliseconds)), context) { $0.run(rest, $1) }
        case .close:
            finish(isAborted: false)
            context.close(promise: nil)
        case .reset:
            finish(isAborted: false)
            reset(context)
        }
    }

    private func drip(
        _ bytes: ByteBuffer,
        _ rate: Int,
        _ context: ChannelHandlerContext,
        _ rest: ArraySlice<Script.Step>
    ) {
        var bytes = bytes
        let count = min(max(rate / 20, 1), bytes.readableBytes)
        guard let part = bytes.readSlice(length: count), count > 0 else {
            run(rest, context)
            return
        }
        let pause = TimeAmount.milliseconds(Int64(max(1000 * count / max(rate, 1), 1)))
        send(part, context) { connection, context in
            connection.after(pause, context) { $0.drip(bytes, rate, $1, rest) }
        }
    }

    private func send(
        _ bytes: ByteBuffer,
        _ context: ChannelHandlerContext,
        then: @escaping (Connection, ChannelHandlerContext) -> Void
    ) {
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenSuccess { then(self, context) }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: promise)
    }

    private func after(
        _ time: TimeAmount,
        _ context: ChannelHandlerContext,
        then: @escaping (Connection, ChannelHandlerContext) -> Void
    ) {
        context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            if context.channel.isActive { then(self, context) }
        }
    }

    private func answered(_ context: ChannelHandlerContext) {
        if let feed {
            let steps = feed.next(from: simulator)
            let pause = steps.isEmpty ? StreamFeed.pause : .zero
            after(pause, context) { $0.run(steps[...], $1) }
            return
        }
        finish(isAborted: false)
        isBusy = false
        if closesAfter { context.close(promise: nil) } else { next(context) }
    }

    private func finish(isAborted: Bool) {
        guard let number else { return }
        self.number = nil
        simulator.ended(number, isAborted: isAborted)
    }

    private func reset(_ context: ChannelHandlerContext) {
        guard let options = context.channel as? any SocketOptionProvider else {
            context.close(promise: nil)
            return
        }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in bound.value.close(promise: nil) }
    }
}
