-- Matching, step by step: claim_matching (a lease on the step, and what the policy needs to know), the policy decides
-- outside, apply_matching (nothing, unless the step is still the claimed one).

-- What a claim returns: for each order one 'order' row, then its 'offer' rows (OPEN ones, also those whose time is over)
-- and its 'candidate' rows: the nearest free drivers, as many as asked for beside those who let an offer lapse, and the
-- nearest who are on duty but cannot be asked.
CREATE TYPE matching_row AS (
    kind text,
    order_id uuid,
    step integer,
    version integer,
    now_ms bigint,
    round integer,
    tries_used integer,
    retry_at_ms bigint,
    total bigint,
    currency text,
    delivery_meters double precision,
    correlation_id text,
    driver_id uuid,
    offer_id uuid,
    expires_at_ms bigint,
    distance_meters double precision,
    alive boolean,
    load integer,
    capacity integer,
    earlier text,              -- REJECTED, RELEASED, or null
    lapsed_round integer       -- the latest round in which it let an offer lapse
);

-- Unix milliseconds. Deadlines are rounded up and the present down, so that nobody holds a deadline for over too soon.
CREATE FUNCTION ms_floor(at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT floor(extract(epoch FROM at) * 1000)::bigint $$;
CREATE FUNCTION ms_ceil(at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT ceil(extract(epoch FROM at) * 1000)::bigint $$;
CREATE FUNCTION from_ms(ms bigint) RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT 'epoch'::timestamptz + ms * interval '1 millisecond' $$;

-- Claims what is due; p_order: only that order, right after the change that woke it. SKIP LOCKED, so it waits for nobody.
CREATE FUNCTION claim_matching(
    p_order uuid, p_limit integer, p_lease_seconds double precision, p_radius double precision,
    p_candidates integer, p_unasked integer, p_silent_seconds double precision
) RETURNS SETOF matching_row LANGUAGE plpgsql AS $$
DECLARE
    m matchings;
    v_due uuid[];
    v_lat double precision;
    v_lng double precision;
    v_candidates integer;
    v_version integer;
    v_total bigint;
    v_currency text;
    v_meters double precision;
BEGIN
    -- now(), not clock_timestamp(): a volatile bound could not use the index, and every armed row would be read.
    IF p_order IS NULL THEN
        SELECT array_agg(d.order_id) INTO v_due FROM (
            SELECT order_id FROM matchings WHERE wake_at <= now()
            ORDER BY wake_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED) d;
    ELSE
        SELECT array_agg(d.order_id) INTO v_due FROM (
            SELECT order_id FROM matchings WHERE order_id = p_order AND wake_at <= now()
            FOR NO KEY UPDATE SKIP LOCKED) d;
    END IF;
    FOR m IN
        UPDATE matchings SET wake_at = clock_timestamp() + make_interval(secs => p_lease_seconds), step = step + 1
        WHERE order_id = ANY (v_due) RETURNING *
    LOOP
        SELECT ST_Y(pickup), ST_X(pickup), version, total, currency, ST_Distance(pickup::geography, dropoff::geography)
        INTO v_lat, v_lng, v_version, v_total, v_currency, v_meters
        FROM orders WHERE id = m.order_id AND status = 'MATCHING';
        CONTINUE WHEN NOT FOUND;
        -- In a variable: with a sub-select for an argument the planner would not take the nearest drivers' query in.
        SELECT p_candidates + count(DISTINCT f.driver_id) INTO v_candidates FROM offers f
        WHERE f.order_id = m.order_id AND f.state = 'EXPIRED';
        RETURN QUERY
        SELECT 'order', m.order_id, m.step, v_version, ms_floor(clock_timestamp()), m.round, m.tries_used,
            ms_ceil(m.retry_at), v_total, v_currency, v_meters, m.correlation_id, NULL::uuid, NULL::uuid, NULL::bigint,
            NULL::double precision, NULL::boolean, NULL::integer, NULL::integer, NULL, NULL::integer;
        RETURN QUERY
        SELECT 'offer', f.order_id, m.step, f.order_version, NULL::bigint, f.round, NULL::integer, NULL::bigint, NULL::bigint,
            NULL, NULL::double precision, NULL, f.driver_id, f.id, ms_ceil(f.expires_at), f.distance_meters, NULL::boolean,
            NULL::integer, NULL::integer, NULL, NULL::integer
        FROM offers f WHERE f.order_id = m.order_id AND f.state = 'OPEN';
        RETURN QUERY
        SELECT 'candidate', m.order_id, m.step, NULL::integer, NULL::bigint, NULL::integer, NULL::integer, NULL::bigint,
            NULL::bigint, NULL, NULL::double precision, NULL, n.driver_id, NULL::uuid, NULL::bigint, n.distance_meters, true,
            n.load, n.capacity, NULL, (SELECT max(f.round) FROM offers f WHERE f.order_id = m.order_id
                AND f.driver_id = n.driver_id AND f.state = 'EXPIRED')
        FROM nearest_free_drivers(v_lat, v_lng, p_radius, v_candidates, p_silent_seconds, m.order_id) n;
        RETURN QUERY
        SELECT 'candidate', m.order_id, m.step, NULL::integer, NULL::bigint, NULL::integer, NULL::integer, NULL::bigint,
            NULL::bigint, NULL, NULL::double precision, NULL, n.driver_id, NULL::uuid, NULL::bigint, n.distance_meters, n.alive,
            n.load, n.capacity, nullif(n.earlier, 'OPEN'), NULL::integer
        FROM nearest_unasked_drivers(v_lat, v_lng, p_radius, p_unasked, p_silent_seconds, m.order_id) n;
    END LOOP;
END $$;

-- Carries out what the policy decided on a claimed step. STALE: the order has moved on, or somebody else has the step
-- (a paused node comes too late), and nothing is done. Offers whose time is over end here; the new ones go to those of the
-- named drivers who are still free. Times are those of the claim's clock. The driver rows are locked by id, so that none is
-- offered to who goes off duty now. p_verdict_*: the record of the decision, kept when p_keeps.
CREATE FUNCTION apply_matching(
    p_order uuid, p_step integer, p_outcome text, p_round integer, p_tries_used integer, p_retry_at_ms bigint,
    p_wake_at_ms bigint, p_recheck_seconds double precision,
    p_offers uuid[], p_drivers uuid[], p_distances double precision[], p_payouts bigint[], p_expires_ms bigint[],
    p_keeps boolean, p_radius double precision,
    p_verdict_drivers uuid[], p_verdict_distances double precision[], p_verdicts text[]
) RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE
    o orders;
    m matchings;
    v_free uuid[];
    v_wake timestamptz := from_ms(p_wake_at_ms);
    v_now timestamptz;
BEGIN
    SELECT * INTO o FROM orders WHERE id = p_order FOR NO KEY UPDATE;
    SELECT * INTO m FROM matchings WHERE order_id = p_order FOR NO KEY UPDATE;
    IF o.status IS DISTINCT FROM 'MATCHING' OR m.step IS DISTINCT FROM p_step THEN
        RETURN NEXT refused('STALE', NULL, o.version); RETURN;
    END IF;
    RETURN NEXT refused('OK', NULL, o.version);

    SELECT array_agg(id) INTO v_free FROM (
        SELECT id FROM drivers WHERE id = ANY (p_drivers) AND available AND load < capacity ORDER BY id FOR SHARE) d;
    v_now := clock_timestamp();
    RETURN QUERY WITH ended AS (
        UPDATE offers SET state = 'EXPIRED', answered_at = v_now, xid = pg_current_xact_id()
        WHERE order_id = p_order AND state = 'OPEN' AND expires_at <= v_now RETURNING offers.*
    ) SELECT (offer_change(ended.*::offers)).* FROM ended;
    RETURN QUERY WITH made AS (
        INSERT INTO offers (id, order_id, driver_id, round, order_version, distance_meters, payout, currency, created_at,
            expires_at, correlation_id)
        SELECT n.offer, p_order, n.driver, p_round, o.version, n.distance, n.payout, o.currency, v_now, from_ms(n.expires_ms),
            m.correlation_id
        FROM unnest(p_offers, p_drivers, p_distances, p_payouts, p_expires_ms) AS n (offer, driver, distance, payout, expires_ms)
        WHERE n.driver = ANY (v_free)
        ON CONFLICT DO NOTHING RETURNING offers.*
    ) SELECT (offer_change(made.*::offers)).* FROM made;

    IF p_outcome = 'UNASSIGNED' THEN
        UPDATE matchings SET tries_used = p_tries_used, retry_at = NULL WHERE order_id = p_order;
        RETURN QUERY SELECT * FROM move_order(o, 'UNASSIGNED', 'SYSTEM', NULL, NULL, NULL, m.correlation_id)
            WHERE kind <> 'result';
        UPDATE matchings SET recheck_at = v_now + make_interval(secs => p_recheck_seconds) WHERE order_id = p_order;
        v_wake := NULL;
    ELSE
        -- Who was to be asked and is gone leaves a place to fill: the next step is due now.
        IF cardinality(p_drivers) > coalesce(cardinality(v_free), 0) THEN v_wake := v_now; END IF;
        UPDATE matchings SET wake_at = coalesce(v_wake, v_now), round = p_round, tries_used = p_tries_used,
            retry_at = from_ms(p_retry_at_ms), step = step + 1
        WHERE order_id = p_order;
    END IF;

    IF p_keeps THEN
        INSERT INTO decisions (order_id, step, round, tries_used, at, outcome, radius_meters, candidates, wake_at)
        SELECT p_order, p_step, p_round, p_tries_used, v_now, p_outcome, p_radius,
            concat('[', string_agg(concat('{"driverId":"', s.driver, '","distanceMeters":', round(s.distance::numeric, 1),
                ',"verdict":"', CASE WHEN s.verdict = 'OFFERED' AND NOT coalesce(s.driver = ANY (v_free), false)
                    THEN 'GONE' ELSE s.verdict END, '"}'), ',' ORDER BY s.line), ']')::json, v_wake
        FROM unnest(p_verdict_drivers, p_verdict_distances, p_verdicts) WITH ORDINALITY AS s (driver, distance, verdict, line);
    END IF;
END $$;

-- UNASSIGNED ends when somebody becomes free within the widest radius. p_drivers: who just became free or moved; null:
-- the orders whose time to look again has come. Either way somebody free, alive and not done with it must be there.
CREATE FUNCTION reopen_unassigned(
    p_drivers uuid[], p_radius double precision, p_silent_seconds double precision, p_recheck_seconds double precision,
    p_limit integer
) RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE
    o orders;
    v_correlation text;
BEGIN
    IF p_drivers IS NOT NULL AND NOT EXISTS (SELECT 1 FROM orders WHERE status = 'UNASSIGNED') THEN RETURN; END IF;
    FOR o IN
        SELECT orders.* FROM orders
        WHERE status = 'UNASSIGNED' AND id IN (
            SELECT u.id FROM driver_positions p
            JOIN orders u ON u.status = 'UNASSIGNED' AND u.pickup && search_box(ST_Y(p.location), ST_X(p.location), p_radius)
            WHERE p.driver_id = ANY (p_drivers) AND p.location IS NOT NULL
            UNION
            SELECT m.order_id FROM matchings m WHERE p_drivers IS NULL AND m.recheck_at <= now())
        ORDER BY id LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED
    LOOP
        IF EXISTS (SELECT 1 FROM nearest_free_drivers(ST_Y(o.pickup), ST_X(o.pickup), p_radius, 1, p_silent_seconds, o.id)) THEN
            SELECT correlation_id INTO v_correlation FROM matchings WHERE order_id = o.id;
            RETURN QUERY SELECT * FROM move_order(o, 'MATCHING', 'SYSTEM', NULL, NULL, NULL, v_correlation)
                WHERE kind <> 'result';
        ELSE
            UPDATE matchings SET recheck_at = clock_timestamp() + make_interval(secs => p_recheck_seconds)
            WHERE order_id = o.id;
        END IF;
    END LOOP;
END $$;

-- Every decision on an order, oldest first, with what those who were offered it said.
CREATE FUNCTION order_decisions(p_order uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT concat('{"data":[', string_agg(concat(
            '{"step":', d.step, ',"round":', d.round, ',"triesUsed":', d.tries_used, ',"at":"', rfc3339(d.at),
            '","outcome":"', d.outcome, '","radiusMeters":', d.radius_meters, ',"candidates":', d.candidates::text, ',"offers":', (
                SELECT concat('[', string_agg(concat('{"offerId":"', f.id, '","driverId":"', f.driver_id, '","distanceMeters":',
                    round(f.distance_meters::numeric, 1), ',"state":"', f.state, '","reason":', json_text(f.reason),
                    ',"expiresAt":"', rfc3339(f.expires_at), '","answeredAt":', json_time(f.answered_at), '}'),
                    ',' ORDER BY f.created_at, f.distance_meters), ']')
                FROM offers f WHERE f.order_id = d.order_id AND f.created_at = d.at),
            ',"wakeAt":', json_time(d.wake_at), '}'), ',' ORDER BY d.step), '],"nextCursor":null}')
        FROM decisions d WHERE d.order_id = p_order
    );
END $$;
