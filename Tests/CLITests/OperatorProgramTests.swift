import Foundation
import Jobs
import MariaDB
import Protocol
import Testing

@testable import CLI

/// The commands that have a coordinator change something, with a real one.
@Suite(.timeLimit(.minutes(5))) struct OperatorProgramTests {
    /// Starts a coordinator, which ends with the script.
    private static let coordinator = """
        umask 077
        echo 'the secret of the workers' > worker.secret
        echo 'the secret of the operators' > operator.secret
        export PERIGEE_SECRETS_WORKER=$PWD/worker.secret PERIGEE_SECRETS_OPERATOR=$PWD/operator.secret
        export PERIGEE_COORDINATOR_LISTEN=tcp://127.0.0.1:0 USER=me
        : > log
        perigee coordinator > log 2>&1 &
        coordinator=$!
        trap 'kill $coordinator; wait $coordinator' EXIT
        until address=$(grep -o 'perigee.address=[^ ]*' log); do
            kill -0 $coordinator || { cat log >&2; exit 1; }
            sleep 0.1
        done
        export PERIGEE_COORDINATOR_ADDRESS=${address#*=}

        """

    /// Runs commands one after the other, and gives for each what it wrote and its exit code.
    private func run(_ farm: Farm, _ commands: [String]) async throws -> [String] {
        let script = commands.map { "perigee \($0) 2>&1; echo \"exit $?\"; echo ----" }.joined(separator: "\n")
        let outcome = try await farm.shell.run(Self.coordinator + script)
        #expect(outcome.errors == "")
        return outcome.text.components(separatedBy: "----\n").dropLast()
    }

    @Test func jobsAndRuns() async throws {
        let farm = try await Farm.make(modules: 0)
        let run = try await farm.planRun()
        #expect(run.jobs.map(\.rawValue) == [1, 2])
        let found = try await self.run(
            farm,
            [
                "jobs cancel --all --dry-run", "jobs cancel 1 --reason 'not now'", "jobs cancel 1 2",
                "jobs retry --run 1",
                "jobs retry --all", "jobs release --wiki bwik", "jobs release --run 77", "runs cancel 1",
                "runs cancel 1",
                "runs cancel 9",
                "runs list --output jsonl | grep -o '\"state\":\"[a-z]*\"'",
                "jobs show 1 --output json | grep -o 'by me@[^:]*: not now' | sed s/@.*:/@:/",
                "jobs retry --all --dry-run --output jsonl | sed 's/^{\"as_of\":\"[^\"]*\",/{/'",
                "jobs retry --all; PERIGEE_DATABASE_SOCKET=/nowhere perigee jobs retry --all",
            ]
        )
        let expected = [
            "would cancel 2 jobs: 1 modules awiki, 2 modules bwiki\nexit 0\n",
            "1 job cancelled: 1 modules awiki\nexit 0\n",
            """
            1 job cancelled: 2 modules bwiki
            1 left out: 1 modules awiki (it is cancelled)
            perigee: 1 of 2 jobs were left out
            exit 1

            """,
            "2 jobs retried: 1 modules awiki, 2 modules bwiki\nexit 0\n",
            "no job to retry\nexit 0\n",
            "perigee: there is no wiki \"bwik\"; did you mean bwiki?\nexit 1\n",
            "perigee: there is no run 77; see: perigee runs list\nexit 1\n",
            "run 1 cancelled: 2 jobs cancelled\nexit 0\n",
            "run 1 cancelled: 0 jobs cancelled\nexit 0\n",
        ]
        #expect(Array(found.prefix(expected.count)) == expected)
        try #require(found.count == 14)
        #expect(found[9].contains("refused: there is no run 9; see: perigee runs list\nexit 1\n"))
        #expect(found[10] == "\"state\":\"cancelled\"\nexit 0\n")
        #expect(found[11] == "by me@: not now\nexit 0\n")
        #expect(
            found[12] == """
                {"dry_run":true,"changed":2,"left_out":0,"not_yet":0,"first_changed":[\
                {"job_id":1,"kind":"modules","wiki":"awiki","state":"cancelled"},\
                {"job_id":2,"kind":"modules","wiki":"bwiki","state":"cancelled"}],"first_left_out":[]}
                exit 0

                """
        )
        // Where nothing was named there is nothing to look up.
        #expect(found[13] == "2 jobs retried: 1 modules awiki, 2 modules bwiki\nno job to retry\nexit 0\n")
    }

    @Test func pauses() async throws {
        let farm = try await Farm.make(modules: 0)
        let found = try await run(
            farm,
            [
                "pause modules --for 2h --reason 'the database moves'", "pause awiki --until '2035-01-02 03:04'",
                "status | grep paused", "status --output json | grep -o '\"scope\":\"[a-z]*\"'", "pause modles",
                "pause site:exmple.org", "resume modules", "resume awiki", "resume awiki", "status | grep -c paused",
            ]
        )
        try #require(found.count == 10)
        let time = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/
        #expect(
            found[0].replacing(time, with: "T")
                == "paused kind:modules until T; what is leased goes on; to end it: perigee resume kind:modules\nexit 0\n"
        )
        #expect(
            found[1] == """
                paused wiki:awiki until 2035-01-02 03:04:00Z; what is leased goes on; to end it: perigee resume wiki:awiki
                exit 0

                """
        )
        let shown = found[2].replacing(time, with: "T").replacing(/me@\S*\)/, with: "me)")
        #expect(
            shown == """
                paused until T: kind:modules (the database moves, by me)
                paused until T: wiki:awiki (by me)
                exit 0

                """
        )
        #expect(found[3] == "\"scope\":\"kind\"\n\"scope\":\"wiki\"\nexit 0\n")
        #expect(found[4] == "perigee: there is no kind, wiki or site \"modles\"; did you mean modules?\nexit 1\n")
        #expect(found[5] == "perigee: there is no site \"exmple.org\"; did you mean example.org?\nexit 1\n")
        #expect(found[6] == "resumed kind:modules\nexit 0\n")
        #expect(found[7] == "resumed wiki:awiki\nexit 0\n")
        #expect(found[8].hasSuffix("refused: awiki isn't paused; nothing is\nexit 1\n"))
        #expect(found[9] == "0\nexit 1\n")
    }

    @Test func linesAreInGrammar() {
        let run = RunID(rawValue: 7)
        #expect(RunCancel.line(run, .init()) == "run 7 cancelled: 0 jobs cancelled")
        var one = WireRunCancelled()
        one.jobsCancelled = 1
        one.jobsKept = 1
        one.joinsDropped = 2
        #expect(
            RunCancel.line(run, one)
                == "run 7 cancelled: 1 job cancelled, 1 goes on for other runs, 2 of other runs left alone"
        )
        #expect(["a", "b", "c"].fewOfMany == "a, b, c")
        #expect(["a", "b", "c", "d", "e"].fewOfMany == "a, b, c and 2 more")
    }

    @Test func wrongCommandLines() async throws {
        let shell = try Shell([:])
        for (command, words) in [
            ("jobs cancel", "say which jobs"), ("jobs retry 1 --all", "say which jobs"),
            ("jobs release 1 --kind modules", "say which jobs"), ("jobs cancel x", "x"),
            ("jobs cancel --kind modules --wiki ''", "--wiki takes"),
            ("jobs cancel --kind modules --run 0", "--run takes"),
            ("jobs cancel --kind ''", "kind"), ("jobs cancel --state ''", "a job to cancel is"),
            ("jobs retry --kind moduls", "did you mean modules?"),
            ("jobs retry --state ready", "a job to retry is failed, quarantined, cancelled"),
            ("jobs cancel --state leasd", "did you mean leased?"), ("runs cancel", "number"),
            ("pause modules --for 10x", "--for"), ("pause modules --until tomorrow", "--until"),
            ("pause modules --for 1h --until 2037-01-01", "not both"), ("pause", "name"), ("resume", "name"),
        ] {
            let outcome = try await shell.run("perigee \(command)")
            #expect(outcome.status == 64, "\(command)")
            #expect(outcome.errors.contains(words), "\(command): \(outcome.errors)")
            #expect(outcome.output == [])
        }
    }

    @Test func doctorTellsWhatIsStuck() async throws {
        let farm = try await Farm.make(modules: 0)
        _ = try await farm.planRun()
        func findings() async throws -> [String: String] {
            let lines = try await farm.shell.run("perigee doctor").lines
            return Dictionary(
                lines.map { line in
                    let words = line.split(separator: " ", maxSplits: 1)
                    return (String(words[0]), words[1].trimmingCharacters(in: .whitespaces))
                },
                uniquingKeysWith: { first, _ in first }
            )
        }
        let healthy = try await findings()
        #expect(healthy["workers"] == "ok    there is one for each kind that has jobs")
        #expect(healthy["pauses"] == "ok    nothing is paused")
        #expect(healthy["snoozes"] == "ok    no job is put off again and again")
        #expect(healthy["leases"] == "ok    every leased job has a worker that runs")
        #expect(healthy["planning"] == "ok    no run is left half planned")
        try await farm.pool.withConnection { pool in
            _ = try await pool.execute(
                "INSERT INTO cordons (target, name, since, requested_by, reason) VALUES ('worker', 'w1', NOW(6), 'me', '')"
            )
        }
        #expect(
            try await findings()["workers"]
                == """
                warn  no worker may do these ready jobs: 2 of kind modules; those that could are drained: \
                perigee workers resume w1
                """
        )
        for statement in [
            "DELETE FROM cordons", "UPDATE workers SET state = 'lost'",
            """
            UPDATE jobs SET state = 'leased', attempt = 1, lease_id = REPEAT('l', 16),
                worker = (SELECT incarnation FROM workers) WHERE job_id = 2
            """,
            "UPDATE jobs SET snoozes = 25 WHERE job_id = 1",
            """
            INSERT INTO job_events (job_id, at, event, attempt, term)
            SELECT 1, NOW(6), 'snoozed', seq, 1 FROM seq_1_to_25
            """,
            "INSERT INTO pauses VALUES ('kind', 'modules', NULL, 'why', 'me', NOW(6), 0)",
            """
            INSERT INTO runs (state, kinds, requested_by, request_id, created_at)
            VALUES ('planning', 'modules', 'me', REPEAT('r', 16), NOW(6) - INTERVAL 1 HOUR)
            """,
        ] {
            try await farm.pool.withConnection { _ = try await $0.execute(statement) }
        }
        let stuck = try await findings()
        #expect(
            stuck["workers"]
                == "warn  no worker runs that can do these ready jobs: 1 of kind modules; start one, of a version that knows the kind"
        )
        #expect(
            stuck["pauses"]
                == "warn  paused: kind:modules, which holds back 1 ready job (why); to go on: perigee resume kind:modules"
        )
        #expect(
            stuck["snoozes"]
                == """
                warn  put off 20 times or more without a checkpoint: 1 job (1) at site:example.org; see perigee jobs show 1, \
                then perigee pause or perigee jobs cancel 1
                """
        )
        #expect(
            stuck["leases"]
                == """
                warn  leased to workers that are gone: 1 job (2) to w1; a coordinator takes them back when their leases are \
                over: if it doesn't run, start it; if it does, perigee jobs release 2
                """
        )
        #expect(
            stuck["planning"]
                == """
                warn  half planned for two minutes or more: runs 2; the coordinator's log says why; to give one up: \
                perigee runs cancel 2
                """
        )
    }
}
