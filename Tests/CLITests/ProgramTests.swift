import Foundation
import Jobs
import MariaDB
import PrivateMariaDB
import Testing

/// The program itself, over tables that the writers of Catalog and Jobs have filled.
@Suite(.timeLimit(.minutes(5))) struct ProgramTests {
    static let time = Timestamp(microseconds: 1_800_000_000_000_000)
    static let titles: [[UInt8]] = [
        Array("Arguments".utf8), Array("Tab\tand\\\"quotes\",\nline".utf8), [0x42, 0xFF, 0xFE, 0x64],
        Array("وحدة_😀".utf8),
    ]

    @Test func exportsWhatTheTableHolds() async throws {
        let farm = try await Farm.make(modules: 0)
        let columns = "--columns dbname,page_id,title,content_model,is_redirect"
        let tsv = try await farm.shell.run("perigee modules export \(columns)")
        #expect(tsv.status == 0)
        #expect(tsv.errors == "")
        var expected = Array("dbname\tpage_id\ttitle\tcontent_model\tis_redirect\n".utf8)
        for wiki in ["awiki", "bwiki"] {
            expected += Array("\(wiki)\t1\tArguments\tScribunto\t0\n".utf8)
            expected += Array("\(wiki)\t2\tTab\\tand\\\\\"quotes\",\\nline\tScribunto\t0\n".utf8)
            expected += Array("\(wiki)\t3\t".utf8) + [0x42, 0xFF, 0xFE, 0x64] + Array("\tScribunto\t0\n".utf8)
            expected += Array("\(wiki)\t4\tوحدة_😀\tScribunto\t0\n".utf8)
        }
        #expect(tsv.output == expected)

        let one = try await farm.shell.run("perigee modules export --format csv --columns title --wikis bwiki")
        var quoted = Array("title\r\nArguments\r\n\"Tab\tand\\\"\"quotes\"\",\nline\"\r\n".utf8)
        quoted += [0x42, 0xFF, 0xFE, 0x64, 13, 10] + Array("وحدة_😀\r\n".utf8)
        #expect(one.output == quoted)

        let jsonl = try await farm.shell.run(
            "perigee modules export --format jsonl --family wikipedia --columns title,sha1"
        )
        let rows = try jsonl.lines.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(rows.count == 4)
        #expect(rows[1]["title"] as? String == "Tab\tand\\\"quotes\",\nline")
        #expect((rows[2]["title"] as? [String: String]) == ["hex": "42fffe64"])
        #expect((rows[0]["sha1"] as? String)?.count == 40)
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/lua5.1")))
    func luaReadsTheExport() async throws {
        let farm = try await Farm.make(modules: 1200)
        let read = """
            local rows = dofile("x.lua"); print(#rows)
            local last; for i, row in ipairs(rows) do if row.page_id == 3 and row.dbname == "awiki" then last = row end end
            print(last.title:byte(1, -1)); print(last.source:byte(9, -1)); print(last.is_redirect, last.deleted_at)
            """
        let outcome = try await farm.shell.run(
            """
            perigee modules export --format lua --columns dbname,page_id,title,is_redirect,deleted_at,source > x.lua &&
            luac5.1 -p x.lua && cat > read.lua <<'END' && lua5.1 read.lua
            \(read)
            END
            """
        )
        #expect(outcome.errors == "")
        #expect(outcome.lines == ["1208", "66\t255\t254\t100", "66\t255\t254\t100\t34\t9\t0", "false\tnil"])
    }

    @Test func aClosedPipeEndsItWithoutAWord() async throws {
        let farm = try await Farm.make(modules: 3000)
        let outcome = try await farm.shell.run("perigee modules export | head -n 1; echo ${PIPESTATUS[0]}")
        #expect(outcome.lines.last == "141")
        #expect(outcome.lines.count == 2)
        #expect(outcome.errors == "")
    }

    @Test func unknownNamesGetASuggestion() async throws {
        let farm = try await Farm.make(modules: 0)
        for (command, status, message) in [
            ("modules list --wikis awiky", 1, "there is no wiki \"awiky\"; did you mean awiki?"),
            ("modules export --family wikipdia", 1, "there is no family \"wikipdia\"; did you mean wikipedia?"),
            ("modules show awiki Argument", 1, "there is no module \"Argument\" on awiki; did you mean Arguments?"),
            ("modules show awiki --page-id 99", 1, "there is no page 99 among the modules of awiki; see: "),
            ("modules export --columns titel", 64, "there is no column \"titel\"; did you mean title?"),
            ("jobs list --state lease", 64, "there is no state \"lease\"; did you mean leased?"),
            ("jobs list --wiki bwik", 1, "there is no wiki \"bwik\"; did you mean bwiki?"),
            ("jobs list --run 77", 1, "there is no run 77; see: perigee runs list"),
            ("runs show 77", 1, "there is no run 77; see: perigee runs list"),
            ("status --run 77", 1, "there is no run 77; see: perigee runs list"),
        ] {
            let outcome = try await farm.shell.run("perigee \(command)")
            #expect(Int(outcome.status) == status, "\(command)")
            #expect(outcome.errors.hasPrefix("perigee: \(message)"), "\(command): \(outcome.errors)")
            #expect(outcome.errors.count { $0 == "\n" } == 1)
            #expect(outcome.output == [])
        }
        #expect(try await farm.shell.run("perigee jobs list --limit 0").status == 64)
    }

    @Test func helpAndVersionAreNoErrors() async throws {
        let shell = try Shell([:])
        for (command, words) in [
            ("--version", "."), ("--help", "SUBCOMMANDS:"), ("help run", "USAGE: perigee run"),
            ("run --help", "--wikis <wikis>"), ("wikis", "SUBCOMMANDS:"), ("wikis sync --help", "--from <from>"),
            ("--generate-completion-script bash", "complete "),
        ] {
            let outcome = try await shell.run("perigee \(command)")
            #expect(outcome.status == 0, "\(command): \(outcome.errors)")
            #expect(outcome.text.contains(words), "\(command)")
            #expect(outcome.errors == "")
        }
    }

    @Test func wrongCommandLines() async throws {
        let shell = try Shell([:])
        for (command, words) in [
            ("statsu", "there is no command \"statsu\"; did you mean status?"),
            ("help statsu", "there is no command \"statsu\"; did you mean status?"),
            ("wikis lsit", "there is no command \"lsit\"; did you mean list?"),
            ("run modules --wikis ''", "--wikis"), ("run modules --wikis enwiki,,dewiki", "--wikis"),
            ("modules list --columns ''", "--columns"), ("run", "Missing expected argument"),
            ("status --wtach", "--wtach"),
        ] {
            let outcome = try await shell.run("perigee \(command)")
            #expect(outcome.status == 64, "\(command)")
            #expect(outcome.errors.contains(words), "\(command): \(outcome.errors)")
            #expect(outcome.output == [])
        }
    }

    @Test func namesMayHaveSpacesBetweenThem() async throws {
        let farm = try await Farm.make(modules: 0)
        let outcome = try await farm.shell.run(
            "perigee modules export --columns 'dbname, title' --wikis 'awiki, bwiki'"
        )
        #expect(outcome.status == 0)
        #expect(outcome.lines.count == 9)
    }

    @Test func migrationsAreShownBeforeTheyAreApplied() async throws {
        let server = try await PrivateMariaDB.shared
        let settings = try await server.makeDatabase()
        let shell = try Shell([
            "PERIGEE_DATABASE_DEFAULTS_FILE": settings.optionFile.path, "PERIGEE_DATABASE_SOCKET": server.socketPath,
            "PERIGEE_DATABASE_NAME": settings.database ?? "",
        ])
        let plan = try await shell.run("perigee migrate --dry-run --show-sql")
        #expect(plan.lines.first?.hasPrefix("would apply migration 1: ") == true)
        #expect(plan.text.contains("CREATE TABLE"))
        let connection = try await Connection.open(settings)
        #expect(try await connection.rows("SHOW TABLES").isEmpty)
        let applied = try await shell.run("perigee migrate")
        #expect(applied.lines.first?.hasPrefix("applied migration 1: ") == true)
        #expect(try await connection.rows("SHOW TABLES LIKE 'modules'").count == 1)
        await connection.close()
        #expect(try await shell.run("perigee migrate --dry-run").text.contains("nothing to do"))
    }

    @Test func aDatabaseThatIsAwayIsSaid() async throws {
        let farm = try await Farm.make(modules: 0)
        let outcome = try await farm.shell.run("PERIGEE_DATABASE_SOCKET=/nowhere perigee runs list")
        #expect(outcome.status == 69)
        #expect(outcome.errors.hasPrefix("perigee: database error 2002"))
    }

    @Test func watchesARunToItsEnd() async throws {
        let farm = try await Farm.make(modules: 0)
        let run = try await farm.planRun()
        let once = try await farm.shell.run("perigee status --output json")
        #expect(once.status == 0)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(once.output)) as? [String: Any])
        #expect(json["coordinator_reached"] as? Bool == false)
        #expect((json["runs"] as? [[String: Any]])?.first?["jobs_ready"] as? Int == 2)

        async let watching = farm.shell.run("perigee status --watch --run \(run.id) --interval 0.1")
        for job in run.jobs { try await farm.finish(job) }
        let watched = try await watching
        #expect(watched.status == 0)
        let last = try #require(watched.lines.last { $0.contains("modules") })
        #expect(last.hasSuffix("run \(run.id) done modules: 2/2 jobs, 100.0 %, 0 items"))

        #expect(try await farm.shell.run("perigee status").text.hasPrefix("no run is under way\n"))
        let list = try await farm.shell.run("perigee runs list --output jsonl")
        let row = try #require(try JSONSerialization.jsonObject(with: Data(list.output)) as? [String: Any])
        #expect(row["state"] as? String == "done")
        #expect(row["created_at"] as? String == Self.time.description)
        let table = try await farm.shell.run("perigee runs list")
        #expect(
            table.lines.prefix(2).map { $0.split(separator: "  ").map { $0.drop { $0 == " " } } } == [
                [
                    "RUN ID", "STATE", "KINDS", "SCOPE", "JOBS", "DONE", "LEFT", "FAILED", "TOOK", "CREATED AT",
                    "REQUESTED BY",
                ],
                ["1", "done", "modules", "all wikis", "2", "2", "0", "0", "0 s", "2027-01-15 08:00:00Z", "me@here"],
            ]
        )
        #expect(row["counts"] as? [String: Int] == ["listed": 6])
        let story = try await farm.shell.run("perigee jobs show \(run.jobs[0]) --output json")
        let job = try #require(try JSONSerialization.jsonObject(with: Data(story.output)) as? [String: Any])
        #expect(
            (job["story"] as? [[String: Any]])?.map { $0["event"] as? String } == ["planned", "granted", "completed"]
        )
        let workers = try await farm.shell.run("perigee workers list --output tsv")
        #expect(workers.lines.count == 2)
        let wikis = try await farm.shell.run("perigee wikis list")
        #expect(wikis.lines.first?.hasPrefix("DBNAME  FAMILY") == true)
        #expect(wikis.lines.count == 5)
    }
}
