/// Why a load could not be generated.
struct LoadFailure: Error, CustomStringConvertible {
    let description: String
}
