extension String {
    /// At most so many characters as the database counts them.
    func clipped(to length: Int) -> String {
        String(String.UnicodeScalarView(unicodeScalars.prefix(length)))
    }
}
