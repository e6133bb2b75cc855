import Foundation

/// A text and its compressed forms.
enum CompressedSamples {
    static let plain = Array(String(repeating: "local p = {}\nreturn p\n", count: 40).utf8)

    /// `plain` as made by zlib's gzip.
    static let gzip: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 203, 201, 79, 78, 204, 81, 40, 80, 176, 85, 168, 174, 229, 42, 74,
        45, 41, 45, 202, 83, 40, 224, 202, 25, 21, 29, 21, 29, 21, 165, 129, 40, 0, 24, 13, 18, 186, 112, 3,
        0, 0,
    ]

    /// `plain` as made by Google's brotli.
    static let brotli: [UInt8] = [
        27, 111, 3, 248, 141, 148, 171, 109, 188, 83, 131, 40, 236, 245, 173, 30, 184, 28, 164, 151, 202,
        178, 4, 28, 110, 81, 196, 222, 153, 226, 0,
    ]

    /// Zeros, packed about a thousandfold.
    static func gzipOfZeros(megabytes: Int) throws -> [UInt8] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "head -c \(megabytes)M /dev/zero | gzip -9"]
        process.standardOutput = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return [UInt8](bytes)
    }
}
