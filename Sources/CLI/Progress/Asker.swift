import Protocol

/// Asks the coordinator for what only its memory knows. That it can't be asked is an answer too.
struct Asker: Sendable {
    private let client: Result<CoordinatorClient, CannotAsk>

    /// Why nobody can be asked, in one line.
    private struct CannotAsk: Error { let why: String }

    init(_ settings: Settings, _ session: ReadSession) {
        do {
            client = .success(try settings.coordinatorClient(logger: session.logger))
        } catch {
            client = .failure(CannotAsk(why: "\(error)"))
        }
    }

    func ask(within limit: Duration) async -> LiveStatus {
        do {
            let response = try await client.get().send(.getStatus(WireGetStatus()), within: limit)
            guard case .status(let status) = response.body else { return .unreachable("its answer is not a status") }
            return .answered(status, term: response.term)
        } catch let error as CannotAsk {
            return .unreachable(error.why)
        } catch {
            return .unreachable("\(error)")
        }
    }

    func leave() async {
        if case .success(let client) = client { await client.leave(within: .milliseconds(500)) }
    }
}
