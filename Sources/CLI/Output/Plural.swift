extension BinaryInteger {
    /// Such as `1 job` or `3 jobs`.
    func counted(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}
