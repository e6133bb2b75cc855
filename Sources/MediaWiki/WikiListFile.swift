/// The wikis of a file: tab-separated `dbname url lang family closed`, with this header line; `closed` is 0 or 1.
package enum WikiListFile {
    /// The columns, in their order.
    package static let columns = ["dbname", "url", "lang", "family", "closed"]
    /// Files with more lines than this aren't lists of wikis.
    package static let maximumLines = 100_000

    /// Reads the list. Empty lines are skipped, lines may end in CR LF.
    /// - Throws: ``WikiListError`` with every problem found: then there is no list at all.
    package static func parse(_ bytes: [UInt8]) throws(WikiListError) -> [WikiDescription] {
        var problems = ListProblems()
        var wikis: [WikiDescription] = []
        var lineOfName: [String: Int] = [:]
        var lineOfURL: [String: Int] = [:]
        let withoutMark = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes[...]
        let lines = withoutMark.split(
            separator: UInt8(ascii: "\n"),
            maxSplits: maximumLines,
            omittingEmptySubsequences: false
        )
        if lines.count > maximumLines { problems.add("more than \(maximumLines) lines") }
        var hasHeader = false
        for (index, rawLine) in lines.prefix(maximumLines).enumerated() {
            let number = index + 1
            guard let text = String(validating: rawLine, as: UTF8.self) else {
                problems.add("not UTF-8", line: number)
                continue
            }
            let line = text.hasSuffix("\r") ? String(text.unicodeScalars.dropLast()) : text
            guard !line.isEmpty else { continue }
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard hasHeader else {
                hasHeader = true
                if fields != columns {
                    problems.add(
                        "the first line must be the header \"\(columns.joined(separator: "<TAB>"))\"",
                        line: number
                    )
                }
                continue
            }
            do throws(WikiDescriptionError) {
                let wiki = try description(fields)
                if let earlier = lineOfName.updateValue(number, forKey: wiki.dbname) {
                    problems.add("dbname \(wiki.dbname) is in line \(earlier) already", line: number)
                } else if let earlier = lineOfURL.updateValue(number, forKey: wiki.url) {
                    problems.add("url \(wiki.url) is in line \(earlier) already", line: number)
                } else {
                    wikis.append(wiki)
                }
            } catch {
                problems.add(error.reason, line: number)
            }
        }
        if problems.count == 0, wikis.isEmpty { problems.add("no wikis: only a header, or nothing at all") }
        guard problems.count == 0 else { throw WikiListError(problems: problems) }
        return wikis
    }

    private static func description(_ fields: [String]) throws(WikiDescriptionError) -> WikiDescription {
        guard fields.count == columns.count else {
            throw WikiDescriptionError(reason: "\(fields.count) fields instead of \(columns.count), separated by tabs")
        }
        guard let isClosed = ["0": false, "1": true][fields[4]] else {
            throw WikiDescriptionError(reason: "closed is \"\(fields[4].prefix(80))\" instead of 0 or 1")
        }
        guard !fields[2].isEmpty, !fields[3].isEmpty else {
            throw WikiDescriptionError(reason: "lang or family is empty")
        }
        return try WikiDescription(
            dbname: fields[0],
            url: fields[1],
            language: fields[2],
            family: fields[3],
            isClosed: isClosed
        )
    }
}

/// Why a file isn't a list of wikis.
package struct WikiListError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, line by line.
    package let problems: ListProblems

    package var description: String { "\(problems.count) problem(s) in the list of wikis: \(problems)" }
}
