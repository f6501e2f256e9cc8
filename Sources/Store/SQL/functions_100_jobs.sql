-- Due work. A claim raises the attempt and leases the job; a finish or a failure counts only for the attempt that made it,
-- so a worker that was taken for dead changes nothing.

CREATE FUNCTION add_job(p_id uuid, p_queue text, p_key text, p_payload text, p_delay_seconds double precision, p_correlation text)
RETURNS void LANGUAGE sql VOLATILE AS $$
    INSERT INTO jobs (id, queue, key, payload, run_at, correlation_id)
    VALUES (p_id, p_queue, p_key, p_payload::json, clock_timestamp() + make_interval(secs => p_delay_seconds), p_correlation)
$$;

-- Only the head of the line of a key is given out, so that its jobs run in order and one at a time. What is met behind a
-- head is parked, or each look would walk past the whole line: `run_at` is then far ahead, and `due_at` keeps the job's own,
-- which it gets back when it comes to the head (`wake_lines`). A look meets some hundred jobs, however many are due.
CREATE FUNCTION claim_jobs(p_queues text[], p_limit integer, p_lease_seconds double precision, p_node text) RETURNS TABLE (
    id uuid, queue text, key text, payload text, attempt integer, correlation_id text
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    c_window CONSTANT integer := 256;
    -- Should a wake-up ever be missed, the job is met again after this.
    c_parked CONSTANT interval := interval '10 minutes';
    v_left integer := p_limit;
    v_count integer;
    v_heads uuid[];
    v_behind uuid[];
BEGIN
    FOR v_look IN 1..4 LOOP
        SELECT array_agg(d.id) FILTER (WHERE d.is_head), array_agg(d.id) FILTER (WHERE NOT d.is_head) INTO v_heads, v_behind
        FROM (
            SELECT w.id, w.key IS NULL OR w.id = (
                SELECT e.id FROM jobs e WHERE e.queue = w.queue AND e.key = w.key AND e.state = 'READY'
                ORDER BY e.position LIMIT 1) AS is_head
            FROM unnest(p_queues) q (name) CROSS JOIN LATERAL (
                SELECT j.id, j.queue, j.key FROM jobs j
                WHERE j.queue = q.name AND j.state = 'READY' AND j.run_at <= now()
                ORDER BY j.run_at LIMIT greatest(c_window, v_left)) w) d;

        RETURN QUERY
        UPDATE jobs SET attempt = jobs.attempt + 1, due_at = NULL, leased_by = p_node, updated_at = clock_timestamp(),
            lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds),
            run_at = clock_timestamp() + make_interval(secs => p_lease_seconds)
        FROM (
            SELECT j.id FROM jobs j WHERE j.id = ANY (v_heads) AND j.state = 'READY' AND j.run_at <= now()
            ORDER BY j.run_at LIMIT v_left FOR NO KEY UPDATE SKIP LOCKED) due
        WHERE jobs.id = due.id
        RETURNING jobs.id, jobs.queue, jobs.key, jobs.payload::text, jobs.attempt, jobs.correlation_id;
        GET DIAGNOSTICS v_count = ROW_COUNT;
        v_left := v_left - v_count;
        EXIT WHEN v_behind IS NULL;

        -- The head's lock makes whoever ends it wait until its line is parked, and so see whom to wake.
        WITH behind AS MATERIALIZED (
            SELECT j.id, j.queue, j.key, j.position FROM jobs j
            WHERE j.id = ANY (v_behind) AND j.state = 'READY' AND j.run_at <= now() FOR NO KEY UPDATE SKIP LOCKED
        ), heads AS MATERIALIZED (
            SELECT h.queue, h.key, h.position FROM (SELECT DISTINCT b.queue, b.key FROM behind b) l CROSS JOIN LATERAL (
                SELECT j.queue, j.key, j.position FROM jobs j
                WHERE j.queue = l.queue AND j.key = l.key AND j.state = 'READY'
                ORDER BY j.position LIMIT 1 FOR KEY SHARE SKIP LOCKED) h
        )
        UPDATE jobs SET due_at = coalesce(jobs.due_at, jobs.run_at), run_at = now() + c_parked
        FROM behind b JOIN heads h ON h.queue = b.queue AND h.key = b.key AND h.position < b.position
        WHERE jobs.id = b.id;
        GET DIAGNOSTICS v_count = ROW_COUNT;
        EXIT WHEN v_left <= 0 OR v_count = 0;
    END LOOP;
END $$;

-- Lines whose head has ended: the next of each is due when it says itself.
CREATE FUNCTION wake_lines(p_queues text[], p_keys text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE jobs SET run_at = jobs.due_at, due_at = NULL
    FROM (
        SELECT DISTINCT h.id FROM unnest(p_queues, p_keys) AS l (queue, key) CROSS JOIN LATERAL (
            SELECT j.id FROM jobs j WHERE j.queue = l.queue AND j.key = l.key AND j.state = 'READY'
            ORDER BY j.position LIMIT 1) h
        WHERE l.key IS NOT NULL) next
    WHERE jobs.id = next.id AND jobs.due_at IS NOT NULL;
END $$;

-- Done: the row goes. Returns how many were still the caller's.
CREATE FUNCTION finish_jobs(p_ids uuid[], p_attempts integer[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_count bigint;
    v_queues text[];
    v_keys text[];
BEGIN
    WITH gone AS (
        DELETE FROM jobs USING unnest(p_ids, p_attempts) AS i (id, attempt)
        WHERE jobs.id = i.id AND jobs.attempt = i.attempt AND jobs.state = 'READY' RETURNING jobs.queue, jobs.key)
    SELECT count(*), array_agg(g.queue), array_agg(g.key) INTO v_count, v_queues, v_keys FROM gone g;
    PERFORM wake_lines(v_queues, v_keys);
    RETURN v_count;
END $$;

-- Failed: again after p_delay_seconds; null: that was the last try, and the row stays as dead.
CREATE FUNCTION fail_job(p_id uuid, p_attempt integer, p_error text, p_delay_seconds double precision) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_queue text;
    v_key text;
BEGIN
    UPDATE jobs SET last_error = left(p_error, 500), lease_until = NULL, leased_by = NULL, updated_at = clock_timestamp(),
        state = CASE WHEN p_delay_seconds IS NULL THEN 'DEAD' ELSE 'READY' END,
        run_at = clock_timestamp() + make_interval(secs => coalesce(p_delay_seconds, 0))
    WHERE id = p_id AND attempt = p_attempt AND state = 'READY'
    RETURNING queue, key INTO v_queue, v_key;
    IF NOT FOUND THEN RETURN false; END IF;
    IF p_delay_seconds IS NULL THEN PERFORM wake_lines(ARRAY[v_queue], ARRAY[v_key]); END IF;
    RETURN true;
END $$;

CREATE FUNCTION job_json(j jobs) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat('{"id":"', j.id, '","queue":"', j.queue, '","key":', json_text(j.key), ',"payload":', j.payload::text,
        ',"state":"', CASE WHEN j.state = 'READY' AND j.lease_until > clock_timestamp() THEN 'RUNNING' ELSE j.state END,
        '","attempt":', j.attempt, ',"runAt":"', rfc3339(coalesce(j.due_at, j.run_at)), '","lastError":', json_text(j.last_error),
        ',"correlationId":', json_text(j.correlation_id), ',"createdAt":"', rfc3339(j.created_at), '"}')
$$;

-- A dead job starts anew, with its tries counted from none, at the end of its line. The job; null: there is none such.
CREATE FUNCTION retry_job(p_id uuid, p_queue text) RETURNS text LANGUAGE sql VOLATILE AS $$
    WITH again AS (
        UPDATE jobs SET state = 'READY', attempt = 0, run_at = clock_timestamp(), due_at = NULL, position = DEFAULT,
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
