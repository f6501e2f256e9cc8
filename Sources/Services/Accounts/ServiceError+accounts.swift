extension ServiceError {
    static let tokenInvalid = ServiceError(.unauthorized, "TOKEN_INVALID", "The access token is not valid.")
    static let tokenExpired = ServiceError(.unauthorized, "TOKEN_EXPIRED", "The access token has expired; refresh it.")
    static let sessionRevoked = ServiceError(.unauthorized, "SESSION_REVOKED", "The session has ended; log in again.")
    static let invalidCredentials = ServiceError(
        .unauthorized, "INVALID_CREDENTIALS", "E-mail address or password is wrong.")
    static let refreshTokenInvalid = ServiceError(
        .unauthorized, "REFRESH_TOKEN_INVALID", "The refresh token is not valid; log in again.")
    static let accountLocked = ServiceError(.forbidden, "ACCOUNT_LOCKED", "The account is locked.")
    static let emailTaken = ServiceError(
        .conflict, "EMAIL_TAKEN", "There is an account with this e-mail address already.")
    static let signingFailed = ServiceError(.internal, "INTERNAL", "A token could not be made.")
}
