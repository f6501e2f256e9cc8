-- Sessions that nobody refreshed in time are ended, so that the feed tells their sockets.
CREATE INDEX sessions_expires_at ON sessions (expires_at) WHERE revoked_at IS NULL;
