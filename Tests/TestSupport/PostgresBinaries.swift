import Glibc

/// Where the server's programs are.
struct PostgresBinaries: Sendable {
    /// The oldest major version that the product supports.
    private static let oldestMajor = 15

    private let directory: String

    func tool(_ name: String) -> String { "\(directory)/\(name)" }

    /// The newest version from 15 on under /usr/lib/postgresql, else the first directory of PATH that has `initdb`.
    static func find() throws -> PostgresBinaries {
        let installed = (try? runTool(["/bin/ls", "/usr/lib/postgresql"])) ?? ""
        let majors = installed.split(separator: "\n").compactMap { Int($0) }.filter { $0 >= oldestMajor }
        for major in majors.sorted(by: >) where has("/usr/lib/postgresql/\(major)/bin") {
            return PostgresBinaries(directory: "/usr/lib/postgresql/\(major)/bin")
        }
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        for directory in path.split(separator: ":") where has(String(directory)) {
            return PostgresBinaries(directory: String(directory))
        }
        throw ToolError(message: "no PostgreSQL \(oldestMajor) or newer under /usr/lib/postgresql or in PATH")
    }

    private static func has(_ directory: String) -> Bool { access("\(directory)/initdb", X_OK) == 0 }
}
