/// What a driver made of earlier offers of the same order; a rejection or release outweighs a lapse.
public enum EarlierAnswer: Hashable, Sendable {
    case rejected
    case released
    /// Let the offer lapse; the number of the round in which that was, the latest if several.
    case lapsed(round: Int)
}
