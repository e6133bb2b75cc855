import FoundationEssentials

/// Where a stream of Wikimedia's goes on: the id of an event. Source: Wikitech, "Event Platform/EventStreams HTTP Service",
/// section "Historical Consumption": for each topic and partition, an offset, or a time that messages are not before.
package enum StreamPosition {
    private struct Part: Codable {
        let topic: String
        let partition: Int
        var timestamp: Int64?
        let offset: Int64?
    }

    /// The position a while earlier. The time in an id is that of the event and a millisecond: others of the same millisecond,
    /// which weren't told before the connection was lost, would be left out. An id in another form stays as it is.
    package static func rewound(_ id: String, by duration: Duration) -> String {
        guard var parts = try? JSONDecoder().decode([Part].self, from: Data(id.utf8)) else { return id }
        let milliseconds = Int64(duration / .milliseconds(1))
        for index in parts.indices {
            guard let time = parts[index].timestamp else { continue }
            parts[index].timestamp = max(0, time.subtractingReportingOverflow(milliseconds).partialValue)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let json = try? encoder.encode(parts) else { return id }
        return String(decoding: json, as: UTF8.self)
    }
}
