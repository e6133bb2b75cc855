import HTTPFetch
import MediaWiki
import Testing
import WikiSimulator

/// Perigee's own client gets the pages that the simulator says it has.
@Suite(.timeLimit(.minutes(2))) struct ListTests {
    private func expect(_ simulation: Simulation, wiki: Int) async throws {
        let pages = try await simulation.walk(wiki)
        let expected = simulation.simulator.expectedPages(of: wiki)
        #expect(pages.map(\.title.bytes) == expected.map(\.title))
        #expect(pages.map(\.pageID) == expected.map(\.pageID))
        #expect(pages.map(\.lastRevisionID) == expected.map(\.lastRevisionID))
        #expect(pages.map(\.length) == expected.map(\.length))
        #expect(pages.map(\.contentModel) == expected.map(\.contentModel))
        #expect(pages.map(\.isRedirect) == expected.map(\.isRedirect))
        #expect(pages.map(\.title) == pages.map(\.title).sorted())
        #expect(Set(pages.map(\.pageID)).count == pages.count)
    }

    @Test func allPagesThroughEdits() async throws {
        try await Simulation.with { simulation in
            #expect(simulation.wiki(0).pageCount == 620)
            for wiki in [0, 3, 29] { try await expect(simulation, wiki: wiki) }
            let changes = simulation.simulator.edit(count: 400, actions: EditAction.allCases, wikis: [0])
            #expect(Set(changes.map(\.action)) == Set(EditAction.allCases))
            try await expect(simulation, wiki: 0)
            #expect(try await simulation.walk(0).count != 620)
        }
    }

    @Test func texts() async throws {
        try await Simulation.with { simulation in
            simulation.simulator.edit(count: 60, wikis: [1])
            let expected = simulation.simulator.expectedPages(of: 1)
            let api = try simulation.api(1)
            for page in expected {
                for try await batch in api.pages(ids: [page.pageID]) {
                    guard case .present(let info, let revision) = batch.pages[0].outcome else {
                        Issue.record("\(page)")
                        continue
                    }
                    #expect(info.title.bytes == page.title)
                    switch revision.source {
                    case .text(let bytes):
                        #expect(bytes.count == page.length && page.reason.map { $0 == "not_scribunto" } ?? true)
                    case .hidden: #expect(page.reason == "hidden")
                    case .suppressed: #expect(page.reason == "suppressed")
                    case .textMissing: #expect(page.reason == "text_missing")
                    case .noContent(let reason): Issue.record("\(reason)")
                    }
                }
            }
        }
    }

    @Test func answersThatAreTooLargeAreCut() async throws {
        var settings = SimulatorSettings(.huge, seed: 2)
        // A text that doesn't fit even alone.
        settings.resultLimit = 1_500_000
        try await Simulation.with(settings) { simulation in
            let expected = simulation.simulator.expectedPages(of: 0).prefix(50)
            var outcomes: [Int64: PageOutcome] = [:]
            var answers = 0
            for try await batch in try simulation.api(0).pages(ids: expected.map(\.pageID)) {
                answers += 1
                for page in batch.pages { outcomes[page.pageID] = page.outcome }
            }
            #expect(answers > 1)
            #expect(expected.contains { $0.length > 1_500_000 })
            for page in expected {
                switch outcomes[page.pageID] {
                case .present(_, let revision): #expect(revision.length == page.length)
                case .tooLarge: #expect(page.length > 1_490_000)
                default: Issue.record("\(page)")
                }
            }
        }
    }

    @Test func limitsOfAccounts() async throws {
        try await Simulation.with { simulation in
            let ids = (11...70).map(String.init).joined(separator: "%7C")
            let bot = HTTPHeaders.Field("Authorization", "Bearer robot.token")
            let query = "action=query&prop=info&pageids=\(ids)"
            let refused = try await simulation.ask(0, query)["error"] as? [String: any Sendable]
            #expect(refused?["code"] as? String == "toomanyvalues")
            #expect(refused?["highlimit"] as? Int == 500)
            let granted = try await simulation.ask(0, query, headers: [bot])["query"] as? [String: any Sendable]
            #expect((granted?["pages"] as? [any Sendable])?.count == 60)
            let all = try await simulation.api(0, credentials: .token("robot.token")).moduleList()
            #expect(all.pages.count == 620)
            #expect(all.next == nil)
            let wrong = HTTPHeaders.Field("Authorization", "Bearer other")
            let error = try await simulation.ask(0, query, headers: [wrong])["error"] as? [String: any Sendable]
            #expect(error?["code"] as? String == "mwoauth-invalid-authorization")
            let user = try await simulation.ask(0, "action=query&meta=userinfo&uiprop=rights", headers: [bot])
            #expect("\(user)".contains("apihighlimits"))
            let nobody = try await simulation.ask(0, "action=query&meta=userinfo&uiprop=rights")
            #expect(!"\(nobody)".contains("apihighlimits"))
        }
    }

    @Test func loginWithABotPassword() async throws {
        try await Simulation.with { simulation in
            let url = "\(simulation.simulator.url(of: simulation.wiki(0)))/api.php"
            func post(_ name: String, _ password: String, _ token: String, _ cookie: String) async throws
                -> HTTPResponse
            {
                try await simulation.client.fetch(
                    HTTPRequest(
                        url: url,
                        method: .post(form: [
                            HTTPFormField("action", "login"), HTTPFormField("format", "json"),
                            HTTPFormField("lgname", name), HTTPFormField("lgpassword", password),
                            HTTPFormField("lgtoken", token),
                        ]),
                        headers: [HTTPHeaders.Field("Cookie", cookie)]
                    )
                )
            }
            let tokens = try await simulation.client.fetch(
                HTTPRequest(url: "\(url)?action=query&meta=tokens&type=login&format=json&formatversion=2")
            )
            let query = try simulation.json(tokens.body)["query"] as? [String: any Sendable]
            let token = (query?["tokens"] as? [String: any Sendable])?["logintoken"] as? String ?? ""
            let session = String((tokens.headers["Set-Cookie"] ?? "").prefix { $0 != ";" })
            func result(_ answer: HTTPResponse) throws -> String? {
                (try simulation.json(answer.body)["login"] as? [String: any Sendable])?["result"] as? String
            }
            let account = Account.examples[0]
            let name = "\(account.name)@perigee"
            let strange = try await post(name, account.password, token, "")
            #expect(try result(strange) == "WrongToken")
            let wrong = try await post(name, "x", token, session)
            #expect(try result(wrong) == "Failed")
            let done = try await post("\(account.name)@perigee", account.password, token, session)
            #expect(try result(done) == "Success")
            let credentials = WikiCredentials.botPassword(name: name, password: account.password)
            let api = try simulation.api(0, credentials: credentials)
            try await api.logIn(token: try await api.loginToken())
            let all = try await api.moduleList()
            #expect(all.pages.count == 620)
        }
    }

    @Test func listOfWikis() async throws {
        try await Simulation.with(SimulatorSettings(.tiny(12_000), seed: 1)) { simulation in
            let api = try simulation.api()
            var names: [String] = []
            var from: String?
            repeat {
                let part = try await api.siteMatrix(from: from, scriptPath: "")
                #expect(part.problems.count == 0)
                names += part.wikis.map(\.dbname)
                from = part.continuation
            } while from != nil
            let family = simulation.simulator.family
            #expect(names == (0..<12_000).map { family[$0].dbname })
        }
    }

    @Test func aWikiWithoutModules() async throws {
        var preset = Preset.small
        preset.plainWikiEvery = 3
        try await Simulation.with(SimulatorSettings(preset)) { simulation in
            let plain = try await simulation.api(2).siteInfo()
            #expect(plain.moduleNamespace == nil)
            let error = await #expect(throws: APIError.self) {
                try await simulation.api(2).moduleList()
            }
            #expect(error?.kind == .noModuleNamespace)
            #expect(try await simulation.api(3).siteInfo().moduleNamespace?.canonicalName == "Module")
        }
    }
}
