/// Who wants something and why, in one line for `job_events`.
struct OperatorNote: Sendable {
    let who: String
    let why: String

    init(by who: String, _ why: String) {
        func line(_ text: String, _ length: Int) -> String {
            String(text.clipped(to: length).map { $0.isNewline ? " " : $0 })
        }
        self.who = line(who.isEmpty ? "an operator" : who, 200)
        self.why = line(why, 500)
    }

    var text: String { "by \(who)\(why.isEmpty ? "" : ": \(why)")" }
}
