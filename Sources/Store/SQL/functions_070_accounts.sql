-- Accounts and sessions. Passwords and tokens come here as hashes only.

-- detail names the field on EMAIL_TAKEN. A DRIVER gets its driver row in the same transaction.
CREATE FUNCTION create_account(
    p_id uuid, p_email text, p_name text, p_password_hash text, p_role text, p_locale text
) RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE a accounts;
BEGIN
    INSERT INTO accounts (id, email, name, password_hash, role, locale)
    VALUES (p_id, p_email, p_name, p_password_hash, p_role, coalesce(p_locale, 'en'))
    ON CONFLICT (lower(email)) DO NOTHING RETURNING * INTO a;
    IF NOT FOUND THEN RETURN NEXT refused('EMAIL_TAKEN', 'email'); RETURN; END IF;
    IF p_role = 'DRIVER' THEN INSERT INTO drivers (id) VALUES (p_id); END IF;
    RETURN NEXT done(account_json(a));
END $$;

-- null leaves a field as it is. A changed role or status goes into the feed; LOCKED ends every session.
CREATE FUNCTION update_account(
    p_id uuid, p_name text, p_locale text, p_password_hash text, p_role text, p_status text
) RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE
    a accounts;
    b accounts;
BEGIN
    SELECT * INTO b FROM accounts WHERE id = p_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN NEXT refused('NOT_FOUND'); RETURN; END IF;
    UPDATE accounts SET name = coalesce(p_name, name), locale = coalesce(p_locale, locale),
        password_hash = coalesce(p_password_hash, password_hash), role = coalesce(p_role, role),
        status = coalesce(p_status, status), updated_at = clock_timestamp(),
        xid = CASE WHEN coalesce(p_role, role) <> role OR coalesce(p_status, status) <> status
            THEN pg_current_xact_id() ELSE xid END
    WHERE id = p_id RETURNING * INTO a;
    IF a.role = 'DRIVER' THEN INSERT INTO drivers (id) VALUES (p_id) ON CONFLICT DO NOTHING; END IF;
    IF a.status = 'LOCKED' AND b.status <> 'LOCKED' THEN
        UPDATE sessions SET revoked_at = clock_timestamp(), reason = 'ACCOUNT_LOCKED', xid = pg_current_xact_id()
        WHERE account_id = p_id AND revoked_at IS NULL;
    END IF;
    RETURN NEXT done(account_json(a));
END $$;

CREATE FUNCTION account_row(a accounts) RETURNS TABLE (
    id uuid, email text, name text, password_hash text, role text, status text, locale text, json text
) LANGUAGE sql STABLE AS $$
    SELECT a.id, a.email, a.name, a.password_hash, a.role, a.status, a.locale, account_json(a)
$$;

CREATE FUNCTION account_by_email(p_email text) RETURNS TABLE (
    id uuid, email text, name text, password_hash text, role text, status text, locale text, json text
) LANGUAGE sql STABLE AS $$
    SELECT r.* FROM accounts a, LATERAL account_row(a) r WHERE lower(a.email) = lower(p_email)
$$;

CREATE FUNCTION account_by_id(p_id uuid) RETURNS TABLE (
    id uuid, email text, name text, password_hash text, role text, status text, locale text, json text
) LANGUAGE sql STABLE AS $$
    SELECT r.* FROM accounts a, LATERAL account_row(a) r WHERE a.id = p_id
$$;

CREATE FUNCTION create_session(p_id uuid, p_account uuid, p_hash bytea, p_ttl_seconds double precision) RETURNS void
LANGUAGE sql VOLATILE AS $$
    INSERT INTO sessions (id, account_id, refresh_hash, expires_at)
    VALUES (p_id, p_account, p_hash, clock_timestamp() + make_interval(secs => p_ttl_seconds))
$$;

-- Rotates a refresh token. OK: the new one holds. The predecessor stays good for p_grace_seconds after its rotation (a
-- lost answer): then the successor that may have arrived after all stays good too, until one of the two is used. Any
-- other token of the session is an old one that somebody kept: the session ends (REVOKED, reason REFRESH_REUSED).
CREATE FUNCTION rotate_session(
    p_id uuid, p_hash bytea, p_new_hash bytea, p_grace_seconds double precision, p_ttl_seconds double precision
) RETURNS TABLE (code text, account_id uuid, reason text) LANGUAGE plpgsql AS $$
DECLARE s sessions;
BEGIN
    SELECT * INTO s FROM sessions WHERE id = p_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN QUERY SELECT 'NOT_FOUND', NULL::uuid, NULL::text; RETURN; END IF;
    IF s.revoked_at IS NOT NULL THEN RETURN QUERY SELECT 'REVOKED', s.account_id, s.reason; RETURN; END IF;
    IF s.expires_at <= clock_timestamp() THEN RETURN QUERY SELECT 'EXPIRED', s.account_id, NULL::text; RETURN; END IF;
    IF p_hash IN (s.refresh_hash, s.alternate_hash) THEN
        UPDATE sessions SET previous_hash = p_hash, refresh_hash = p_new_hash, alternate_hash = NULL,
            rotated_at = clock_timestamp(), expires_at = clock_timestamp() + make_interval(secs => p_ttl_seconds)
        WHERE id = p_id;
    ELSIF p_hash = s.previous_hash AND s.rotated_at > clock_timestamp() - make_interval(secs => p_grace_seconds) THEN
        UPDATE sessions SET alternate_hash = s.refresh_hash, refresh_hash = p_new_hash WHERE id = p_id;
    ELSE
        UPDATE sessions SET revoked_at = clock_timestamp(), reason = 'REFRESH_REUSED', xid = pg_current_xact_id()
        WHERE id = p_id;
        RETURN QUERY SELECT 'REVOKED', s.account_id, 'REFRESH_REUSED'; RETURN;
    END IF;
    RETURN QUERY SELECT 'OK', s.account_id, NULL::text;
END $$;

-- Ends a session once; true when it was this call that did.
CREATE FUNCTION revoke_session(p_id uuid, p_reason text) RETURNS boolean LANGUAGE sql VOLATILE AS $$
    WITH ended AS (
        UPDATE sessions SET revoked_at = clock_timestamp(), reason = p_reason, xid = pg_current_xact_id()
        WHERE id = p_id AND revoked_at IS NULL RETURNING id
    ) SELECT EXISTS (SELECT 1 FROM ended)
$$;

-- Ends sessions that were not refreshed in time, a bounded number; whoever ends one already is not waited for. Returns how
-- many. now(), not clock_timestamp(), so that the index bounds the scan.
CREATE FUNCTION end_expired_sessions(p_limit integer) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    WITH due AS (
        SELECT id FROM sessions WHERE revoked_at IS NULL AND expires_at <= now()
        ORDER BY expires_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED
    ), ended AS (
        UPDATE sessions SET revoked_at = clock_timestamp(), reason = 'EXPIRED', xid = pg_current_xact_id()
        FROM due WHERE sessions.id = due.id RETURNING 1
    ) SELECT count(*) FROM ended
$$;

-- Whether a session still holds, with its account as it is now. ACTIVE, REVOKED, EXPIRED, LOCKED; no row: unknown.
CREATE FUNCTION session_state(p_id uuid) RETURNS TABLE (
    state text, reason text, account_id uuid, role text, json text
) LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN s.revoked_at IS NOT NULL THEN 'REVOKED' WHEN s.expires_at <= clock_timestamp() THEN 'EXPIRED'
            WHEN a.status <> 'ACTIVE' THEN 'LOCKED' ELSE 'ACTIVE' END,
        s.reason, a.id, a.role, account_json(a)
    FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.id = p_id
$$;

-- Newest first; p_before: the id that ended the page before.
CREATE FUNCTION list_accounts(p_query text, p_role text, p_before uuid, p_limit integer) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        WITH page AS (
            SELECT a FROM accounts a
            WHERE (p_before IS NULL OR a.id < p_before) AND (p_role IS NULL OR a.role = p_role)
                AND (p_query IS NULL OR a.email ILIKE '%' || like_literal(p_query) || '%'
                    OR a.name ILIKE '%' || like_literal(p_query) || '%')
            ORDER BY a.id DESC LIMIT p_limit + 1
        ), numbered AS (SELECT page.a, row_number() OVER (ORDER BY (page.a).id DESC) AS n FROM page)
        SELECT concat('{"data":[', string_agg(account_json(a), ',' ORDER BY n) FILTER (WHERE n <= p_limit),
            '],"nextCursor":', CASE WHEN count(*) > p_limit
                THEN json_plain((array_agg((a).id::text) FILTER (WHERE n = p_limit))[1]) ELSE 'null' END, '}')
        FROM numbered
    );
END $$;
