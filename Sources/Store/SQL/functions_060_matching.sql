-- Matching, step by step: claim_matching (a lease of one second on the step, and what the policy needs to know), the
-- policy decides outside, apply_matching (nothing, unless the step is still the claimed one).

-- What a claim returns: for each order one 'order' row, then its 'offer' rows (this round's), 'candidate' rows (nearest
-- free first: as many as asked for beside those whom this round has asked already) and 'passed' rows (near, on duty, and why not asked).
CREATE TYPE matching_row AS (
    kind text,
    order_id uuid,
    step integer,
    version integer,
    attempt integer,
    round integer,
    total bigint,
    currency text,
    delivery_meters double precision,
    driver_id uuid,
    offer_id uuid,
    distance_meters double precision,
    state text,              -- offer: its state, EXPIRED once its time is over; passed: why
    expires_in_ms bigint,    -- offer: until its deadline; order: since it entered matching
    correlation_id text
);

-- Claims what is due; p_order: only that order, right after the change that woke it. SKIP LOCKED, so it waits for nobody.
CREATE FUNCTION claim_matching(
    p_order uuid, p_limit integer, p_lease_seconds double precision, p_radius double precision,
    p_candidates integer, p_passed integer, p_silent_seconds double precision
) RETURNS SETOF matching_row LANGUAGE plpgsql AS $$
DECLARE
    m matchings;
BEGIN
    FOR m IN
        UPDATE matchings SET wake_at = clock_timestamp() + make_interval(secs => p_lease_seconds), step = matchings.step + 1
        FROM (SELECT d.order_id FROM matchings d
            WHERE d.wake_at <= clock_timestamp() AND (p_order IS NULL OR d.order_id = p_order)
            ORDER BY d.wake_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED) due
        WHERE matchings.order_id = due.order_id RETURNING matchings.*
    LOOP
        RETURN QUERY
        SELECT 'order', o.id, m.step, o.version, m.attempt, m.round, o.total, o.currency::text,
            ST_Distance(o.pickup::geography, o.dropoff::geography), NULL::uuid, NULL::uuid, NULL::double precision,
            o.status, (extract(epoch FROM clock_timestamp() - m.entered_at) * 1000)::bigint, m.correlation_id
        FROM orders o WHERE o.id = m.order_id AND o.status = 'MATCHING';
        CONTINUE WHEN NOT FOUND;
        RETURN QUERY
        SELECT 'offer', f.order_id, m.step, f.order_version, NULL::integer, f.round, f.payout, f.currency::text,
            NULL::double precision, f.driver_id, f.id, f.distance_meters,
            CASE WHEN f.state = 'OPEN' AND f.expires_at <= clock_timestamp() THEN 'EXPIRED' ELSE f.state END,
            (extract(epoch FROM f.expires_at - clock_timestamp()) * 1000)::bigint, f.correlation_id
        FROM offers f WHERE f.order_id = m.order_id AND (f.round = m.round OR f.state = 'OPEN')
        ORDER BY f.created_at;
        RETURN QUERY
        SELECT 'candidate', o.id, m.step, NULL::integer, NULL::integer, NULL::integer, NULL::bigint, NULL::text,
            NULL::double precision, n.driver_id, NULL::uuid, n.distance_meters, NULL::text, NULL::bigint, NULL::text
        FROM orders o, LATERAL nearest_free_drivers(ST_Y(o.pickup), ST_X(o.pickup), p_radius,
            p_candidates + (SELECT count(*) FROM offers f WHERE f.order_id = o.id AND f.round = m.round)::integer,
            p_silent_seconds, o.id) n
        WHERE o.id = m.order_id;
        IF p_passed > 0 THEN
            RETURN QUERY
            SELECT 'passed', o.id, m.step, NULL::integer, NULL::integer, NULL::integer, NULL::bigint, NULL::text,
                NULL::double precision, n.driver_id, NULL::uuid, n.distance_meters, n.why, NULL::bigint, NULL::text
            FROM orders o, LATERAL nearest_unasked_drivers(ST_Y(o.pickup), ST_X(o.pickup), p_radius, p_passed,
                p_silent_seconds, o.id) n
            WHERE o.id = m.order_id;
        END IF;
    END LOOP;
END $$;

-- Carries out what the policy decided on a claimed step. STALE: the order has moved on, or somebody else has the step
-- (a paused node comes too late), and nothing is done. Offers whose time is over end here; the new ones go to those of the
-- named drivers who are still free. p_wait_seconds: when to look again at the latest (null: at the first deadline);
-- p_unassigned: every try is used up. The driver rows are locked by id, so that none is offered to who goes off duty now.
CREATE FUNCTION apply_matching(
    p_order uuid, p_step integer, p_attempt integer, p_round integer,
    p_offers uuid[], p_drivers uuid[], p_distances double precision[], p_payouts bigint[],
    p_offer_seconds double precision, p_wait_seconds double precision, p_unassigned boolean, p_recheck_seconds double precision,
    p_seen_drivers uuid[], p_seen_distances double precision[], p_seen_verdicts text[], p_outcome text
) RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE
    o orders;
    m matchings;
    v_free uuid[];
    v_wake timestamptz;
    v_now timestamptz;
BEGIN
    SELECT * INTO o FROM orders WHERE id = p_order FOR NO KEY UPDATE;
    SELECT * INTO m FROM matchings WHERE order_id = p_order FOR NO KEY UPDATE;
    IF o.status IS DISTINCT FROM 'MATCHING' OR m.step <> p_step THEN
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
        SELECT n.offer, p_order, n.driver, p_round, o.version, n.distance, n.payout, o.currency, v_now,
            v_now + make_interval(secs => p_offer_seconds), m.correlation_id
        FROM unnest(p_offers, p_drivers, p_distances, p_payouts) AS n (offer, driver, distance, payout)
        WHERE n.driver = ANY (v_free)
        ON CONFLICT DO NOTHING RETURNING offers.*
    ) SELECT (offer_change(made.*::offers)).* FROM made;

    IF p_unassigned THEN
        UPDATE matchings SET attempt = p_attempt WHERE order_id = p_order;
        RETURN QUERY SELECT * FROM move_order(o, 'UNASSIGNED', 'SYSTEM', NULL, NULL, NULL, m.correlation_id)
            WHERE kind <> 'result';
        UPDATE matchings SET recheck_at = v_now + make_interval(secs => p_recheck_seconds) WHERE order_id = p_order;
    ELSE
        SELECT min(expires_at) INTO v_wake FROM offers WHERE order_id = p_order AND state = 'OPEN';
        v_wake := coalesce(least(v_wake, v_now + make_interval(secs => p_wait_seconds)), v_now);
        UPDATE matchings SET wake_at = v_wake, attempt = p_attempt, round = p_round, step = step + 1
        WHERE order_id = p_order;
    END IF;

    INSERT INTO decisions (order_id, step, round, attempt, at, outcome, candidates, wake_at)
    SELECT p_order, p_step, p_round, p_attempt, v_now, p_outcome,
        coalesce(json_agg(json_build_object('driverId', s.driver, 'distanceMeters', round(s.distance::numeric, 1),
            'verdict', CASE WHEN s.verdict = 'OFFERED' AND s.driver = ANY (p_drivers)
                AND NOT coalesce(s.driver = ANY (v_free), false) THEN 'GONE' ELSE s.verdict END) ORDER BY s.line), '[]'), v_wake
    FROM unnest(p_seen_drivers, p_seen_distances, p_seen_verdicts) WITH ORDINALITY AS s (driver, distance, verdict, line);
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
            SELECT m.order_id FROM matchings m WHERE p_drivers IS NULL AND m.recheck_at <= clock_timestamp())
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
CREATE FUNCTION order_decisions(p_order uuid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat('{"data":[', string_agg(concat(
        '{"step":', d.step, ',"round":', d.round, ',"attempt":', d.attempt, ',"at":"', rfc3339(d.at),
        '","outcome":"', d.outcome, '","candidates":', d.candidates::text, ',"offers":', (
            SELECT concat('[', string_agg(concat('{"offerId":"', f.id, '","driverId":"', f.driver_id, '","distanceMeters":',
                round(f.distance_meters::numeric, 1), ',"state":"', f.state, '","reason":', json_text(f.reason),
                ',"expiresAt":"', rfc3339(f.expires_at), '","answeredAt":', json_time(f.answered_at), '}'),
                ',' ORDER BY f.created_at, f.distance_meters), ']')
            FROM offers f WHERE f.order_id = d.order_id AND f.created_at = d.at),
        ',"wakeAt":', json_time(d.wake_at), '}'), ',' ORDER BY d.step), '],"nextCursor":null}')
    FROM decisions d WHERE d.order_id = p_order
$$;
