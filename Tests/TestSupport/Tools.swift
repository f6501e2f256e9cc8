import Glibc

/// A program that tests need did not do its work.
public struct ToolError: Error, CustomStringConvertible {
    /// What went wrong, with the program's own words.
    public let message: String

    public var description: String { message }
}

/// Runs a program to its end and returns what it wrote, standard error included, less the last line feed; throws
/// with that text when it fails. Blocks the calling thread.
@discardableResult
func runTool(_ arguments: [String], workingDirectory: String = "/") throws -> String {
    // A file instead of a pipe: a server that a tool leaves behind inherits its output and would keep a pipe open.
    var path = Array("/tmp/lm-tool-XXXXXX".utf8CString)
    let output = mkstemp(&path)
    guard output >= 0 else { throw ToolError(message: "no temporary file, errno \(errno)") }
    unlink(path)
    defer { close(output) }
    let process = try spawn(
        arguments, input: nil, output: output, workingDirectory: workingDirectory, newSession: false)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
        guard errno == EINTR else { throw ToolError(message: "waitpid failed, errno \(errno)") }
    }
    let length = Int(lseek(output, 0, SEEK_END))
    var text = [UInt8](repeating: 0, count: length)
    let count = pread(output, &text, length, 0)
    var answer = String(decoding: text.prefix(max(0, count)), as: UTF8.self)
    guard status == 0 else {
        throw ToolError(message: "\(arguments.joined(separator: " ")) failed (status \(status)): \(answer)")
    }
    if answer.hasSuffix("\n") { answer.removeLast() }
    return answer
}

/// Starts a program by its full path. No input or output given means /dev/null.
func spawn(
    _ arguments: [String], input: Int32?, output: Int32?, workingDirectory: String, newSession: Bool
) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
    }
    if let input {
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    } else {
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    }
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, descriptor)
        } else {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
    }
    let prefix = ["/usr/bin/env", "-C", workingDirectory] + (newSession ? ["setsid"] : [])
    var words = (prefix + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let failure = posix_spawn(&process, prefix[0], &actions, &attributes, &words, environ)
    guard failure == 0 else { throw ToolError(message: "\(arguments[0]) does not start, errno \(failure)") }
    return process
}
