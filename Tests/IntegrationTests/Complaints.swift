import TestFleet
import Testing

/// Expects that a command has ended with one clear line that has all of `words` in it.
func expectComplaint(
    _ output: Output,
    code: Int32 = 1,
    _ words: String...,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(output.code == code, "\(output.standardError)", sourceLocation: sourceLocation)
    #expect(output.complaints.count == 1, "\(output.complaints)", sourceLocation: sourceLocation)
    let line = output.complaints.last ?? ""
    #expect(line.hasPrefix("perigee: "), "\(line)", sourceLocation: sourceLocation)
    for word in words { #expect(line.contains(word), "\(line)", sourceLocation: sourceLocation) }
    // What Swift says of a value is not what a person wants to read.
    for sign in ["Optional(", "Error(", "Foundation", "kind:"] {
        #expect(!line.contains(sign), "\(line)", sourceLocation: sourceLocation)
    }
}
