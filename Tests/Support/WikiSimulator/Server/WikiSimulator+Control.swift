import FoundationEssentials
import NIOCore
import NIOPosix

extension WikiSimulator {
    /// Answers what isn't meant for a wiki but for the simulator itself, below `/simulator/`. It isn't logged.
    ///
    /// - `GET wikis.tsv`: the list of wikis. `GET pages.tsv?wiki=DBNAME`: what the tables have to have, of one wiki or all.
    /// - `GET requests.jsonl`, `GET report?site_in_flight=N&site_per_minute=N`: the log, and what broke the rules.
    /// - `POST edit?count=N&actions=edit|move`: does things. `POST faults`: a JSON array of rules. `POST latency?ms=N`.
    func control(_ request: Request, on loop: any EventLoop) -> EventLoopFuture<Answer> {
        // All texts of all wikis take a while: others are served meanwhile.
        NIOThreadPool.singleton.runIfActive(eventLoop: loop) { self.controlled(request) }
    }

    private func controlled(_ request: Request) -> Answer {
        let parameters = request.parameters()
        func number(_ name: String) -> Int? { parameters[name].flatMap { Int($0) } }
        func text(_ text: String) -> Answer { Answer(type: "text/plain; charset=utf-8", text: text) }
        switch (request.method, request.path.dropFirst("/simulator/".count)) {
        case ("GET", "wikis.tsv"): return text(wikisFile())
        case ("GET", "pages.tsv"): return text(pagesFile(parameters["wiki"]))
        case ("GET", "requests.jsonl"):
            let encoder = JSONEncoder()
            let lines = requests().compactMap { try? encoder.encode($0) }
            return text(lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined())
        case ("GET", "report"):
            let rules = PolitenessReport.Rules(
                siteInFlight: number("site_in_flight") ?? 3,
                sitePerMinute: number("site_per_minute")
            )
            return text("\(report(rules))\n")
        case ("POST", "edit"):
            let actions = parameters["actions"].map {
                $0.split(separator: "|").compactMap { EditAction(rawValue: String($0)) }
            }
            let done = edit(count: number("count") ?? 1, actions: actions ?? EditAction.visible)
            let family = family
            return text(
                done.map { "\(family[$0.wiki].dbname)\t\($0.action.rawValue)\t\($0.pageID)\t\($0.revisionID)\n" }
                    .joined()
            )
        case ("POST", "faults"):
            do {
                setFaults(try JSONDecoder().decode([FaultRule].self, from: Data(request.body)))
                return text("")
            } catch {
                return Answer(status: 400, reason: "Bad Request", type: "text/plain", text: "\(error)\n")
            }
        case ("POST", "latency"):
            setLatency(milliseconds: number("ms") ?? 0)
            return text("")
        default: return Answer(status: 404, reason: "Not Found", type: "text/plain", text: "No such thing.\n")
        }
    }

    private func pagesFile(_ dbname: String?) -> String {
        let family = family
        let indices =
            dbname.map { name in family.wiki(named: name).map { [$0.index] } ?? [] } ?? Array(0..<family.count)
        var text = ExpectedPage.header + "\n"
        for index in indices {
            for page in expectedPages(of: index) { text += page.line + "\n" }
        }
        return text
    }
}
