/// The values that a route's pattern took out of the path, decoded.
public struct PathParameters: Sendable {
    private var names: [String] = []
    private var values: [String] = []

    public init() {}

    init(names: [String], values: [String]) {
        self.names = names
        self.values = values
    }

    /// nil for a name that the route's pattern does not have.
    public subscript(name: String) -> String? {
        for (index, known) in names.enumerated() where known == name { return values[index] }
        return nil
    }
}
