import NIOCore

/// All that changes while a simulator runs: a value that a lock guards.
struct Core {
    let settings: SimulatorSettings
    let family: SimulatedFamily
    var world: World
    var script: FaultScript
    var log: RequestLog
    var latency: Int
    private let deflater = Deflater(level: 1)

    init(_ settings: SimulatorSettings) {
        self.settings = settings
        family = SimulatedFamily(settings.preset, seed: settings.seed)
        world = World(family, retention: settings.retention)
        script = FaultScript(settings.faults, seed: settings.seed)
        log = RequestLog(limit: settings.keptRequests)
        latency = settings.latencyMilliseconds
    }

    /// In milliseconds since 1970.
    var now: Int64 { settings.clock?() ?? Clocks.wall() }

    /// Where a wiki is. Which of the server's names is in it decides on the site; the path alone names the wiki.
    func url(of wiki: SimulatedWiki, port: Int) -> String {
        let host =
            switch settings.preset.sites {
            case .one: settings.host
            case .several(let count): "site\(wiki.index % max(count, 1)).localhost"
            case .each: "\(wiki.dbname).localhost"
            }
        return "http://\(host):\(port)/\(wiki.dbname)"
    }

    // MARK: Answering

    /// What is done to answer a request to a wiki, and its number in the log.
    mutating func respond(_ request: Request, port: Int) -> (script: Script, number: Int) {
        let parameters = request.parameters()
        let dbname = String(request.path.dropFirst().prefix { $0 != "/" })
        let wiki = request.path == "/\(dbname)/api.php" ? family.wiki(named: dbname) : nil
        let kind = RequestKind(parameters)
        let number = log.begin(record(request, wiki: wiki?.dbname ?? "", kind))
        guard let wiki else {
            let answer = Answer(
                status: 404,
                reason: "Not Found",
                type: "text/html; charset=UTF-8",
                text: "No wiki '\(dbname)' in this farm.\n"
            )
            return finish(Script(answer, at: now / 1000), number, nil)
        }
        let met = script.next(wiki: wiki.index, kind: kind)
        var ask = Ask(
            state: world.state(of: wiki.index),
            history: world.changes,
            retention: settings.retention,
            parameters: parameters,
            isPost: request.isPost,
            account: nil,
            now: now / 1000,
            url: url(of: wiki, port: port),
            resultLimit: settings.resultLimit
        )
        func failure(_ error: APIFailure) -> Answer { fail(error, ask) }
        var script: Script
        do throws(APIFailure) {
            ask.account = try account(request, wiki)
            func right() -> Answer { answer(ask, request, isRepeating: met.fault == .repeatedContinue) }
            script =
                met.fault?.script(at: now / 1000, target: request.target, answer: right, failure: failure)
                ?? Script(right(), at: now / 1000)
        } catch {
            script = Script(failure(error), at: now / 1000)
        }
        let delay = latency + met.latency
        if delay > 0 { script.steps.insert(.wait(milliseconds: delay), at: 0) }
        return finish(script, number, met.fault)
    }

    private func answer(_ ask: Ask, _ request: Request, isRepeating: Bool) -> Answer {
        do throws(APIFailure) {
            return try answer(ask, request, isRepeating)
        } catch {
            return fail(error, ask)
        }
    }

    private func answer(_ ask: Ask, _ request: Request, _ isRepeating: Bool) throws(APIFailure) -> Answer {
        if let text = ask.parameters["maxlag"], let allowed = Int(text), allowed < -1 {
            throw .maxlag(seconds: -1, allowed: allowed)
        }
        var body = BodyWriter(isGzip: request.acceptsGzip, deflater: deflater, capacity: 16_384)
        var headers: [(name: String, value: String)] = []
        switch ask.parameters["action"] {
        case "query":
            var query = Query(ask)
            var answer = try query.run()
            if isRepeating { answer.repeatItself(ask) }
            if ask.values("meta")?.contains("tokens") == true {
                headers.append(Login.cookie(Login.session(ask.wiki.dbname), "new"))
            }
            answer.write(to: &body, ask)
        case "sitematrix":
            let port = ask.url.split(separator: ":").last?.prefix { $0 != "/" }
            let number = port.flatMap { Int($0) } ?? 0
            try SiteMatrixAnswer(family: family, url: { url(of: $0, port: number) })
                .write(ask.parameters, to: &body)
        case "login":
            let (json, cookies) = try Login.run(
                ask,
                cookies: Login.cookies(request.header("Cookie")),
                accounts: settings.accounts
            )
            body.write(json)
            headers = cookies
        case let other: throw .badValue("action", other ?? "help")
        }
        return Answer(json: body.finish(), isGzip: request.acceptsGzip, headers: headers)
    }

    private func fail(_ failure: APIFailure, _ ask: Ask) -> Answer {
        let time = ask.parameters["curtimestamp"] == nil ? nil : ask.now
        return Answer(
            json: ByteBuffer(string: failure.json(api: "\(ask.url)/api.php", time: time)),
            isGzip: false,
            headers: failure.headers + [("MediaWiki-API-Error", failure.code)]
        )
    }

    /// Who asks. Source: extension OAuth, for what is said of a bad token.
    private func account(_ request: Request, _ wiki: SimulatedWiki) throws(APIFailure) -> Account? {
        if let header = request.header("Authorization"), header.hasPrefix("Bearer ") {
            guard let account = settings.accounts.first(where: { $0.token == header.dropFirst(7) }) else {
                throw APIFailure(
                    code: "mwoauth-invalid-authorization",
                    info: "The authorization headers in your request are not valid: Invalid access token"
                )
            }
            return account
        }
        let token = Login.cookies(request.header("Cookie"))[Login.account(wiki.dbname)]
        return settings.accounts.first { $0.token == token }
    }

    // MARK: The log

    /// What is known of a request when it begins.
    func record(_ request: Request, wiki: String, _ kind: RequestKind) -> RequestRecord {
        RequestRecord(
            began: Clocks.steady(),
            ended: 0,
            number: 0,
            wiki: wiki,
            site: request.header("Host") ?? "",
            userAgent: request.header("User-Agent") ?? "",
            acceptEncoding: request.header("Accept-Encoding") ?? "",
            method: request.method,
            kind: kind,
            target: String(request.target.prefix(1000)),
            inFlightWiki: 0,
            inFlightSite: 0,
            status: 0,
            fault: nil,
            retryAfter: nil,
            isForSite: false,
            isAborted: false
        )
    }

    private mutating func finish(_ script: Script, _ number: Int, _ fault: Fault?) -> (Script, Int) {
        log.note(number) { record in
            record.status = script.status
            record.fault = fault?.name
            record.retryAfter = script.retryAfter
            // The gateway counts all requests to a site together; what a wiki says is its own.
            record.isForSite = script.status == 429
        }
        return (script, number)
    }
}

extension QueryAnswer {
    /// Makes an answer that leads to itself.
    fileprivate mutating func repeatItself(_ ask: Ask) {
        if ask.values("prop")?.contains("revisions") == true, case .pages(let pages)? = sections.first {
            let first = pages.first { $0.page != nil }
            isComplete = false
            sections = [
                .pages(pages.map { QueryAnswer.PageEntry(pageID: $0.pageID, page: $0.page, hasInfo: $0.hasInfo) })
            ]
            continuation = [
                ("rvcontinue", "\(first?.pageID ?? 1)|\(first?.page?.lastRevisionID ?? 1)"), ("continue", "||info"),
            ]
        } else {
            let from = ask.parameters["gapcontinue"] ?? "A"
            continuation = [("gapcontinue", from), ("continue", "gapcontinue||")]
        }
    }
}
