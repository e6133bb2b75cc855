/// What somebody who mistyped a name may have meant.
package enum Suggestion {
    /// The name that is nearest to what was typed, unless none is near.
    package static func nearest(to typed: String, in names: [String]) -> String? {
        let limit = max(1, typed.count / 3)
        let best = names.lazy.map { (name: $0, distance: distance(typed, $0, atMost: limit)) }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        return best.flatMap { $0.distance <= limit ? $0.name : nil }
    }

    /// How many letters have to be changed, added or taken away; `limit + 1` when they are more than `limit`.
    static func distance(_ left: String, _ right: String, atMost limit: Int) -> Int {
        let (left, right) = (Array(left.lowercased().unicodeScalars), Array(right.lowercased().unicodeScalars))
        guard abs(left.count - right.count) <= limit else { return limit + 1 }
        var row = Array(0...right.count)
        for (i, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let changed = diagonal + (letter == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(changed, row[j] + 1, diagonal + 1)
            }
        }
        return min(row[right.count], limit + 1)
    }
}
