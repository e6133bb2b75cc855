import MediaWiki
import Testing

/// Texts of pages over answers that are cut, as MediaWiki 1.39 cuts them.
@Suite(.timeLimit(.minutes(2))) struct PagesTests {
    private static func page(_ id: Int64, info: Bool = true, _ more: String = "") -> String {
        let facts = info ? #","contentmodel":"Scribunto","lastrevid":\#(id * 10),"length":7"# : ""
        return #"{"pageid":\#(id),"ns":828,"title":"Module:P \#(id)"\#(facts)\#(more)}"#
    }

    private static func text(_ id: Int64, _ content: String) -> String {
        #","revisions":[{"revid":\#(id * 10),"parentid":0,"timestamp":"2026-01-02T03:04:05Z","size":7,"slots":{"main":\#(content)}}]"#
    }

    private static func whole(_ id: Int64) -> String {
        text(id, #"{"contentmodel":"Scribunto","contentformat":"text/plain","content":"return \#(id)"}"#)
    }

    private static func answer(_ pages: [String], continuation: String? = nil) -> String {
        let end =
            continuation.map { #""continue":{"rvcontinue":"\#($0)","continue":"||info"}"# } ?? #""batchcomplete":true"#
        return #"{\#(end),"curtimestamp":"2026-11-22T06:10:00Z","query":{"pages":[\#(pages.joined(separator: ","))]}}"#
    }

    private func collect(_ server: ReplayServer, _ ids: [Int64]) async throws -> [[PageAnswer]] {
        var batches: [[PageAnswer]] = []
        for try await batch in server.api.pages(ids: ids) { batches.append(batch.pages) }
        return batches
    }

    private func source(_ answer: PageAnswer) -> PageSource? {
        guard case .present(_, let revision) = answer.outcome else { return nil }
        return revision.source
    }

    @Test func oneAnswer() async throws {
        let server = try ReplayServer(Self.answer([Self.page(1, Self.whole(1)), #"{"pageid":9,"missing":true}"#]))
        let batches = try await collect(server, [1, 9, 1])
        #expect(batches.count == 1)
        #expect(batches[0].map(\.pageID) == [1, 9])
        guard case .present(let info, let revision) = batches[0][0].outcome else {
            Issue.record("\(batches)")
            return
        }
        #expect(info.title.bytes == Array("P_1".utf8))
        #expect(revision.revisionID == 10)
        #expect(revision.contentModel == "Scribunto")
        #expect(revision.source == .text(Array("return 1".utf8)))
        #expect(batches[0][1].outcome == .missing)
        #expect(server.requests.count == 1)
        #expect(server.requests[0]["pageids"] == "1|9")
        #expect(server.requests[0]["rvslots"] == "main")
    }

    /// The page that didn't fit has empty `revisions`, those after it none; the second answer lists all without facts.
    @Test func cutAnswer() async throws {
        let server = try ReplayServer(
            Self.answer(
                [Self.page(1, Self.whole(1)), Self.page(2, #","revisions":[]"#), Self.page(3)],
                continuation: "2|20"
            ),
            Self.answer([
                Self.page(1, info: false), Self.page(2, info: false, Self.whole(2)),
                Self.page(3, info: false, Self.whole(3)),
            ])
        )
        let batches = try await collect(server, [1, 2, 3])
        #expect(batches.map { $0.map(\.pageID) } == [[1], [2, 3]])
        #expect(batches[1].map { source($0) } == [.text(Array("return 2".utf8)), .text(Array("return 3".utf8))])
        #expect(server.requests[1]["rvcontinue"] == "2|20")
        #expect(server.requests[1]["continue"] == "||info")
        #expect(server.requests[1]["pageids"] == "1|2|3")
        #expect(server.api.usage.requests == 2)
    }

    @Test func pageThatNeverFits() async throws {
        let cut = Self.answer(
            [Self.page(1, info: false), Self.page(2, info: false, #","revisions":[]"#)],
            continuation: "2|20"
        )
        let server = try ReplayServer(
            Self.answer(
                [Self.page(1, Self.whole(1)), Self.page(2, #","revisions":[]"#), Self.page(3)],
                continuation: "2|20"
            ),
            cut,
            Self.answer([Self.page(3, Self.whole(3))])
        )
        let batches = try await collect(server, [1, 2, 3])
        #expect(batches.map { $0.map(\.pageID) } == [[1], [2], [3]])
        guard case .tooLarge(let info?) = batches[1][0].outcome else {
            Issue.record("\(batches[1])")
            return
        }
        #expect(info.length == 7)
        #expect(server.requests[2]["pageids"] == "3")
        #expect(server.requests[2]["rvcontinue"] == nil)
    }

    @Test func severalPagesThatNeverFit() async throws {
        let never = #","revisions":[]"#
        let server = try ReplayServer(
            Self.answer([Self.page(1, never), Self.page(2)], continuation: "1|10"),
            Self.answer([Self.page(1, info: false, never), Self.page(2, info: false)], continuation: "1|10"),
            Self.answer([Self.page(2, never)], continuation: "2|20"),
            Self.answer([Self.page(2, info: false, never)], continuation: "2|20")
        )
        let answers = try await collect(server, [1, 2]).flatMap { $0 }
        #expect(answers.map(\.pageID) == [1, 2])
        #expect(answers.allSatisfy { if case .tooLarge = $0.outcome { true } else { false } })
        #expect(server.requests.count == 4)
    }

    @Test(arguments: [
        (#"{"contentmodel":"Scribunto","texthidden":true}"#, PageSource.hidden),
        (#"{"contentmodel":"Scribunto","texthidden":true,"suppressed":true}"#, .suppressed),
        (#"{"contentmodel":"Scribunto","textmissing":true}"#, .textMissing),
        (#"{"missing":true}"#, .noContent(reason: "no main slot")),
        (#"{"contentmodel":"Scribunto","badcontentformat":true}"#, .noContent(reason: "no text form")),
        (#"{"contentmodel":"Scribunto","texthidden":true,"content":"x"}"#, .text(Array("x".utf8))),
        (#"{"contentmodel":"Scribunto","content":""}"#, .text([])),
        (
            #"{"contentmodel":"Scribunto","content":"e\u0301\u00e9\ud804\udc05\t\u0000\r\n"}"#,
            .text(Array("e\u{301}é𑀅\t\0\r\n".utf8))
        ),
    ])
    func whatBecameOfTheText(_ slot: String, _ expected: PageSource) async throws {
        let server = try ReplayServer(Self.answer([Self.page(1, Self.text(1, slot))]))
        #expect(source(try await collect(server, [1])[0][0]) == expected)
    }

    @Test func noRevisionAtAllInACompleteAnswer() async throws {
        let server = try ReplayServer(Self.answer([Self.page(1), Self.page(2, #","revisions":[]"#)]))
        let sources = try await collect(server, [1, 2])[0].map { source($0) }
        #expect(sources == Array(repeating: .noContent(reason: "no revision in the complete answer"), count: 2))
    }

    @Test func nothingAsked() async throws {
        let server = try ReplayServer()
        #expect(try await collect(server, []).isEmpty)
        #expect(server.requests.isEmpty)
    }

    @Test func pageThatIsNotInTheAnswer() async throws {
        let server = try ReplayServer(Self.answer([Self.page(1, Self.whole(1))]))
        let error = await #expect(throws: APIError.self) { _ = try await collect(server, [1, 2]) }
        #expect(error?.kind == .unexpectedAnswer)
    }

    @Test func continuationsWithoutEnd() async throws {
        let replies = (0..<100).map { Self.answer([Self.page(1)], continuation: "1|\($0)") }.map {
            ReplayServer.Reply($0)
        }
        let server = try ReplayServer(replies)
        let error = await #expect(throws: APIError.self) { _ = try await collect(server, [1]) }
        #expect(error?.kind == .unexpectedAnswer)
        #expect(server.requests.count <= 6)
    }

    @Test func failedRequestCanBeAskedAgain() async throws {
        let server = try ReplayServer([
            .init(Self.answer([Self.page(1, Self.whole(1)), Self.page(2)], continuation: "2|20")),
            .init("x", status: "502 Bad Gateway"),
            .init(Self.answer([Self.page(1, info: false), Self.page(2, info: false, Self.whole(2))])),
        ])
        var iterator = server.api.pages(ids: [1, 2]).makeAsyncIterator()
        #expect(try await iterator.next()?.pages.map(\.pageID) == [1])
        await #expect(throws: APIError.self) { _ = try await iterator.next() }
        #expect(try await iterator.next()?.pages.map(\.pageID) == [2])
        #expect(try await iterator.next() == nil)
    }
}
