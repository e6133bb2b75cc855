import ArgumentParser

/// A time such as 90s, 10m, 2h or 1d.
struct DurationArgument: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        let units = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = argument.last.flatMap({ units[String($0)] }), let number = Int(argument.dropLast()),
            (1...86_400).contains(number)
        else { return nil }
        duration = .seconds(number * unit)
    }
}
