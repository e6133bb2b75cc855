import ArgumentParser
import Jobs

/// Which workers: one by name, or all of a host.
struct WorkerTargetOptions: ParsableArguments {
    @Argument(help: "The worker's name.")
    var name: String?

    @Option(help: "All workers on this host, as workers list names it; in place of a name.")
    var host: String?

    func validate() throws {
        guard (name ?? "").isEmpty != (host ?? "").isEmpty else {
            throw ValidationError("give the name of a worker or --host")
        }
    }

    /// The target that was named.
    var value: Cordon.Target { host.map { .host($0) } ?? .worker(name ?? "") }
}
