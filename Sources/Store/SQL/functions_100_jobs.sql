-- Due work. A claim raises the attempt and leases the job; a finish or a failure counts only for the attempt that made it,
-- so a worker that was taken for dead changes nothing.

CREATE FUNCTION add_job(p_id uuid, p_queue text, p_key text, p_payload text, p_delay_seconds double precision, p_correlation text)
RETURNS void LANGUAGE sql VOLATILE AS $$
    INSERT INTO jobs (id, queue, key, payload, run_at, correlation_id)
    VALUES (p_id, p_queue, p_key, p_payload::json, clock_timestamp() + make_interval(secs => p_delay_seconds), p_correlation)
$$;

-- Only the head of the line of a key is given out, so that its jobs run in order and one at a time.
CREATE FUNCTION claim_jobs(p_queues text[], p_limit integer, p_lease_seconds double precision, p_node text) RETURNS TABLE (
    id uuid, queue text, key text, payload text, attempt integer, correlation_id text
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    UPDATE jobs SET attempt = jobs.attempt + 1, lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds),
        run_at = clock_timestamp() + make_interval(secs => p_lease_seconds), leased_by = p_node, updated_at = clock_timestamp()
    FROM (
        SELECT j.id FROM jobs j
        WHERE j.queue = ANY (p_queues) AND j.state = 'READY' AND j.run_at <= now()
            AND (j.key IS NULL OR NOT EXISTS (
                SELECT 1 FROM jobs e WHERE e.queue = j.queue AND e.key = j.key AND e.state = 'READY'
                    AND e.position < j.position))
        ORDER BY j.run_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED
    ) due
    WHERE jobs.id = due.id
    RETURNING jobs.id, jobs.queue, jobs.key, jobs.payload::text, jobs.attempt, jobs.correlation_id;
END $$;

-- Done: the row goes. Returns how many were still the caller's.
CREATE FUNCTION finish_jobs(p_ids uuid[], p_attempts integer[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_count bigint;
BEGIN
    DELETE FROM jobs USING unnest(p_ids, p_attempts) AS i (id, attempt)
    WHERE jobs.id = i.id AND jobs.attempt = i.attempt AND jobs.state = 'READY';
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END $$;

-- Failed: again after p_delay_seconds; null: that was the last try, and the row stays as dead.
CREATE FUNCTION fail_job(p_id uuid, p_attempt integer, p_error text, p_delay_seconds double precision) RETURNS boolean
LANGUAGE sql VOLATILE AS $$
    WITH failed AS (
        UPDATE jobs SET last_error = left(p_error, 500), lease_until = NULL, leased_by = NULL, updated_at = clock_timestamp(),
            state = CASE WHEN p_delay_seconds IS NULL THEN 'DEAD' ELSE 'READY' END,
            run_at = clock_timestamp() + make_interval(secs => coalesce(p_delay_seconds, 0))
        WHERE id = p_id AND attempt = p_attempt AND state = 'READY' RETURNING 1
    ) SELECT EXISTS (SELECT 1 FROM failed)
$$;

CREATE FUNCTION job_json(j jobs) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat('{"id":"', j.id, '","queue":"', j.queue, '","key":', json_text(j.key), ',"payload":', j.payload::text,
        ',"state":"', CASE WHEN j.state = 'READY' AND j.lease_until > clock_timestamp() THEN 'RUNNING' ELSE j.state END,
        '","attempt":', j.attempt, ',"runAt":"', rfc3339(j.run_at), '","lastError":', json_text(j.last_error),
        ',"correlationId":', json_text(j.correlation_id), ',"createdAt":"', rfc3339(j.created_at), '"}')
$$;

-- A dead job starts anew, with its tries counted from none, at the end of its line. The job; null: there is none such.
CREATE FUNCTION retry_job(p_id uuid, p_queue text) RETURNS text LANGUAGE sql VOLATILE AS $$
    WITH again AS (
        UPDATE jobs SET state = 'READY', attempt = 0, run_at = clock_timestamp(), position = DEFAULT,
            updated_at = clock_timestamp()
        WHERE id = p_id AND queue = p_queue AND state = 'DEAD' RETURNING jobs.*
    ) SELECT job_json(again.*::jobs) FROM again
$$;

-- State READY, RUNNING or DEAD; null: any.
CREATE FUNCTION list_jobs(p_queue text, p_state text, p_after bigint, p_limit integer) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        WITH page AS (
            SELECT j, j.position FROM jobs j
            WHERE j.queue = p_queue AND (p_after IS NULL OR j.position > p_after) AND (p_state IS NULL OR p_state =
                CASE WHEN j.state = 'READY' AND j.lease_until > clock_timestamp() THEN 'RUNNING' ELSE j.state END)
            ORDER BY j.position LIMIT p_limit + 1
        ), numbered AS (SELECT page.j, page.position, row_number() OVER (ORDER BY page.position) AS n FROM page)
        SELECT concat('{"data":[', string_agg(job_json(j), ',' ORDER BY n) FILTER (WHERE n <= p_limit),
            '],"nextCursor":', CASE WHEN count(*) > p_limit
                THEN json_plain((array_agg(position::text) FILTER (WHERE n = p_limit))[1]) ELSE 'null' END, '}')
        FROM numbered
    );
END $$;

-- Counts by queue, for ADMIN and metrics.
CREATE FUNCTION queue_counts() RETURNS TABLE (queue text, ready bigint, running bigint, dead bigint) LANGUAGE sql STABLE AS $$
    SELECT queue, count(*) FILTER (WHERE state = 'READY' AND lease_until IS NULL OR lease_until <= clock_timestamp()),
        count(*) FILTER (WHERE state = 'READY' AND lease_until > clock_timestamp()), count(*) FILTER (WHERE state = 'DEAD')
    FROM jobs GROUP BY queue ORDER BY queue
$$;

-- One beat. returned_at moves when the node was away for longer than p_dead_seconds, or began anew.
CREATE FUNCTION beat_node(p_name text, p_epoch text, p_version text, p_dead_seconds double precision) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO nodes AS n (name, epoch, version) VALUES (p_name, p_epoch, p_version)
    ON CONFLICT (name) DO UPDATE SET beat_at = clock_timestamp(), version = excluded.version,
        started_at = CASE WHEN n.epoch = excluded.epoch THEN n.started_at ELSE clock_timestamp() END,
        returned_at = CASE WHEN n.epoch <> excluded.epoch
            OR n.beat_at < clock_timestamp() - make_interval(secs => p_dead_seconds) THEN clock_timestamp() ELSE n.returned_at END,
        epoch = excluded.epoch;
END $$;

CREATE FUNCTION list_nodes() RETURNS TABLE (name text, epoch text, version text, started_at text, silent_ms bigint)
LANGUAGE sql STABLE AS $$
    SELECT name, epoch, version, rfc3339(started_at), (extract(epoch FROM clock_timestamp() - beat_at) * 1000)::bigint
    FROM nodes ORDER BY name
$$;

-- Rows that have served their time; bounded, so that a sweep stays short. Returns how many went.
CREATE FUNCTION sweep_expired(p_limit integer) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    WITH keys AS (
        DELETE FROM idempotency_keys WHERE (account_id, route, key) IN (
            SELECT account_id, route, key FROM idempotency_keys WHERE expires_at <= now()
            LIMIT p_limit FOR UPDATE SKIP LOCKED) RETURNING 1
    ) SELECT count(*) FROM keys
$$;
