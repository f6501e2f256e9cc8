/// A place on the day's plane, in metres.
struct Point: Equatable, Sendable {
    var x: Double
    var y: Double

    func distance(to other: Point) -> Double {
        let (width, height) = (other.x - x, other.y - y)
        return (width * width + height * height).squareRoot()
    }

    /// The place at `fraction` (0…1) of the straight way to `other`.
    func moved(towards other: Point, by fraction: Double) -> Point {
        let share = min(max(fraction, 0), 1)
        return Point(x: x + (other.x - x) * share, y: y + (other.y - y) * share)
    }
}
