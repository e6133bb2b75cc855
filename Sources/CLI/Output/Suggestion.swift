/// Finds the name that somebody may have meant.
package enum Suggestion {
    /// The known name nearest to `name`, or `nil` when none is near: a third of its letters may be wrong, at least one and at
    /// most four. A neighbouring pair that was swapped counts as one wrong letter, capitals as none.
    package static func nearest(to name: String, in known: some Sequence<String>) -> String? {
        let wanted = Array(name.lowercased().utf8.prefix(maximumLength))
        var limit = min(max(wanted.count / 3, 1), 4)
        var nearest: String?
        for candidate in known {
            let letters = Array(candidate.lowercased().utf8.prefix(maximumLength))
            guard abs(letters.count - wanted.count) <= limit else { continue }
            let distance = distance(wanted, letters)
            guard distance <= limit, nearest == nil || distance < limit else { continue }
            nearest = candidate
            limit = distance
        }
        return nearest
    }

    /// To be put behind a complaint, such as `; did you mean enwiki?`; empty when no name is near.
    package static func hint(for name: String, in known: some Sequence<String>) -> String {
        nearest(to: name, in: known).map { "; did you mean \(DisplayText.visible($0))?" } ?? ""
    }

    /// One line about a name that there isn't, such as `there is no wiki "enwki"; did you mean enwiki?`.
    package static func unknown(_ noun: String, _ name: String, in known: some Sequence<String>, see: String)
        -> String
    {
        let hint = hint(for: name, in: known)
        return "there is no \(noun) \"\(DisplayText.visible(name))\"\(hint.isEmpty ? "; see: \(see)" : hint)"
    }

    /// One line about a name that isn't one of a few, with all of them.
    package static func unknown(_ noun: String, _ name: String, inFew known: [String]) -> String {
        "there is no \(noun) \"\(DisplayText.visible(name))\"\(hint(for: name, in: known)) (known: \(known.joined(separator: ", ")))"
    }

    private static let maximumLength = 64

    /// The optimal string alignment distance.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
                var best = min(replaced, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
