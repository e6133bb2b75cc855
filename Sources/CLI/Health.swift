import Protocol

/// The command `health`.
package enum Health {
    /// Asks the coordinator for a sign of life.
    /// - Throws: `CoordinatorError`.
    package static func run(_ settings: Settings) async throws {
        let client = try settings.anonymousClient(logger: try settings.logger(label: "health"))
        let (welcome, term) = try await client.hello(within: .seconds(5))
        await client.leave(within: .seconds(1))
        try await StandardOutput().write("coordinator \(welcome.software) answers, term \(term)\n")
    }
}
