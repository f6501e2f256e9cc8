-- Drivers who may be asked: on duty, with room, and somewhere. Whether one is alive depends on a setting and stands
-- in the query; the load is that of the snapshot, and accept_offer counts again under the lock.
CREATE VIEW free_drivers AS
    SELECT p.driver_id, p.location, greatest(p.received_at, p.seen_at) AS alive_at, d.load, d.capacity
    FROM driver_positions p JOIN drivers d ON d.id = p.driver_id
    WHERE d.available AND d.load < d.capacity;

-- The nearest free drivers, nearest first, in metres. p_order: leaves out who has that order on offer, refused it or
-- gave it back (null: nobody). The planner takes it into the query that calls it.
-- The first pass takes its box from a subquery: of a box that it knows, the planner would guess from a sample how many are
-- within, and where the guess is low, read and sort them all. Who is in the box but beyond the radius is left to the second.
CREATE FUNCTION nearest_free_drivers(
    p_lat double precision, p_lng double precision, p_radius double precision, p_limit integer,
    p_silent_seconds double precision, p_order uuid
) RETURNS TABLE (driver_id uuid, distance_meters double precision, load integer, capacity integer)
LANGUAGE sql STABLE AS $$
    WITH reach AS MATERIALIZED (
        SELECT CASE WHEN max(n.meters) > p_radius THEN p_radius ELSE max(n.meters) END AS meters FROM (
            SELECT ST_Distance(d.location::geography, place(p_lat, p_lng)::geography) AS meters
            FROM free_drivers d
            WHERE d.location && (SELECT search_box(p_lat, p_lng, p_radius))
                AND d.alive_at > now() - make_interval(secs => p_silent_seconds)
                AND NOT EXISTS (SELECT 1 FROM offers f WHERE f.order_id = p_order AND f.driver_id = d.driver_id
                    AND f.state IN ('OPEN', 'REJECTED'))
                AND NOT EXISTS (SELECT 1 FROM assignments s WHERE s.order_id = p_order
                    AND s.driver_id = d.driver_id AND s.state = 'RELEASED')
            ORDER BY d.location <-> place(p_lat, p_lng)
            LIMIT p_limit) n
    )
    SELECT d.driver_id, ST_Distance(d.location::geography, place(p_lat, p_lng)::geography) AS distance_meters, d.load, d.capacity
    FROM free_drivers d
    WHERE d.location && search_box(p_lat, p_lng, (SELECT meters FROM reach))
        AND ST_Distance(d.location::geography, place(p_lat, p_lng)::geography) <= (SELECT meters FROM reach)
        AND d.alive_at > now() - make_interval(secs => p_silent_seconds)
        AND NOT EXISTS (SELECT 1 FROM offers f WHERE f.order_id = p_order AND f.driver_id = d.driver_id
            AND f.state IN ('OPEN', 'REJECTED'))
        AND NOT EXISTS (SELECT 1 FROM assignments s WHERE s.order_id = p_order
            AND s.driver_id = d.driver_id AND s.state = 'RELEASED')
    ORDER BY distance_meters, d.driver_id
    LIMIT p_limit
$$;

-- Who is near and on duty but cannot be asked, for the record of a decision: at capacity, silent, asked already, or done
-- with this order.
CREATE FUNCTION nearest_unasked_drivers(
    p_lat double precision, p_lng double precision, p_radius double precision, p_limit integer,
    p_silent_seconds double precision, p_order uuid
) RETURNS TABLE (driver_id uuid, distance_meters double precision, alive boolean, load integer, capacity integer, earlier text)
LANGUAGE sql STABLE AS $$
    SELECT n.driver_id, n.meters, n.alive, n.load, n.capacity, n.earlier FROM (
        SELECT p.driver_id, ST_Distance(p.location::geography, place(p_lat, p_lng)::geography) AS meters,
            a.alive, d.load, d.capacity, e.earlier
        FROM driver_positions p
        JOIN drivers d ON d.id = p.driver_id
        CROSS JOIN LATERAL (SELECT coalesce(greatest(p.received_at, p.seen_at)
            > now() - make_interval(secs => p_silent_seconds), false) AS alive) a
        LEFT JOIN LATERAL (
            SELECT f.state AS earlier FROM offers f WHERE f.order_id = p_order AND f.driver_id = p.driver_id
                AND f.state IN ('OPEN', 'REJECTED')
            UNION ALL
            SELECT s.state FROM assignments s WHERE s.order_id = p_order AND s.driver_id = p.driver_id
                AND s.state = 'RELEASED'
            LIMIT 1) e ON true
        WHERE d.available AND p.location && search_box(p_lat, p_lng, p_radius)
            AND (d.load >= d.capacity OR e.earlier IS NOT NULL OR NOT a.alive)
        ORDER BY p.location <-> place(p_lat, p_lng) LIMIT p_limit
    ) n WHERE n.meters <= p_radius ORDER BY n.meters
$$;

-- Sets what the driver may say of itself; null leaves a field as it is. Going off duty ends the open offers, of
-- each order under its lock: those are taken by id before the driver's. What was offered meanwhile is left to a job.
CREATE FUNCTION set_driver(p_driver uuid, p_available boolean, p_vehicle text, p_capacity integer, p_correlation text)
RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE
    d drivers;
    v_orders uuid[];
    v_ends boolean := p_available IS FALSE;
BEGIN
    IF v_ends THEN
        SELECT array_agg(order_id ORDER BY order_id) INTO v_orders FROM offers
        WHERE driver_id = p_driver AND state = 'OPEN';
        PERFORM 1 FROM orders WHERE id = ANY (v_orders) ORDER BY id FOR NO KEY UPDATE;
    END IF;
    UPDATE drivers SET available = coalesce(p_available, available), vehicle = coalesce(p_vehicle, vehicle),
        capacity = coalesce(p_capacity, capacity), updated_at = clock_timestamp()
    WHERE id = p_driver RETURNING * INTO d;
    IF NOT FOUND THEN RETURN NEXT refused('NOT_FOUND'); RETURN; END IF;
    RETURN NEXT done(driver_json(d));
    IF NOT v_ends THEN RETURN; END IF;
    RETURN QUERY WITH ended AS (
        UPDATE offers SET state = 'WITHDRAWN', reason = 'OFF_DUTY', answered_at = clock_timestamp(),
            xid = pg_current_xact_id()
        WHERE driver_id = p_driver AND state = 'OPEN' AND order_id = ANY (v_orders) RETURNING offers.*
    ), woken AS (
        UPDATE matchings SET wake_at = clock_timestamp(), step = step + 1
        WHERE order_id IN (SELECT order_id FROM ended) AND wake_at IS NOT NULL
    )
    SELECT (offer_change(ended.*::offers)).* FROM ended;
    IF EXISTS (SELECT 1 FROM offers WHERE driver_id = p_driver AND state = 'OPEN') THEN
        INSERT INTO jobs (id, queue, key, payload, correlation_id)
        VALUES (uuid_v7(), 'offers.withdraw', p_driver::text,
            format('{"driverId":"%s","reason":"OFF_DUTY"}', p_driver)::json, p_correlation);
    END IF;
END $$;

-- Takes a batch of positions, several of one driver too. By the device's time, and never later than now: an older
-- point than the one known is dropped. Written in id order, since unordered batches deadlock. Returns what was taken, once
-- for each order that the driver has (order_id null: none), with the metres to where it is to go next.
CREATE FUNCTION store_positions(
    p_drivers uuid[], p_lats double precision[], p_lngs double precision[], p_headings double precision[],
    p_speeds double precision[], p_accuracies double precision[], p_ats bigint[], p_node text
) RETURNS TABLE (driver_id uuid, lat double precision, lng double precision, heading double precision,
    speed double precision, at text, order_id uuid, customer_id uuid, merchant_id uuid, target_meters double precision,
    vehicle text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH points AS (
        SELECT DISTINCT ON (i.driver) i.driver, i.lat, i.lng, i.heading, i.speed, i.accuracy,
            least(coalesce(to_timestamp(i.ms / 1000.0), clock_timestamp()), clock_timestamp()) AS at
        FROM unnest(p_drivers, p_lats, p_lngs, p_headings, p_speeds, p_accuracies, p_ats)
            WITH ORDINALITY AS i (driver, lat, lng, heading, speed, accuracy, ms, line)
        ORDER BY i.driver, least(coalesce(to_timestamp(i.ms / 1000.0), clock_timestamp()), clock_timestamp()) DESC,
            i.line DESC
    ), taken AS (
        INSERT INTO driver_positions AS p (driver_id, location, heading, speed, accuracy, at, received_at, node)
        SELECT driver, place(lat, lng), heading, speed, accuracy, at, clock_timestamp(), p_node
        FROM points ORDER BY driver
        ON CONFLICT (driver_id) DO UPDATE SET location = excluded.location, heading = excluded.heading,
            speed = excluded.speed, accuracy = excluded.accuracy, at = excluded.at,
            received_at = excluded.received_at, node = excluded.node
        WHERE p.at IS NULL OR excluded.at >= p.at
        RETURNING p.*
    )
    SELECT t.driver_id, ST_Y(t.location), ST_X(t.location), t.heading::double precision, t.speed::double precision,
        rfc3339(t.at), o.id, o.customer_id, o.merchant_id, ST_Distance(t.location::geography,
            (CASE WHEN o.status IN ('ACCEPTED', 'DRIVER_ARRIVING') THEN o.pickup ELSE o.dropoff END)::geography), d.vehicle
    FROM taken t
    LEFT JOIN assignments s ON s.driver_id = t.driver_id AND s.ended_at IS NULL
    LEFT JOIN orders o ON o.id = s.order_id
    LEFT JOIN drivers d ON d.id = s.driver_id;
END $$;

-- Stamps the drivers whose sockets this node holds.
CREATE FUNCTION stamp_seen(p_drivers uuid[], p_node text) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO driver_positions AS p (driver_id, seen_at, node)
    SELECT id, clock_timestamp(), p_node FROM unnest(p_drivers) AS id ORDER BY id
    ON CONFLICT (driver_id) DO UPDATE SET seen_at = excluded.seen_at, node = excluded.node;
END $$;

-- Since when a driver has been silent: the latest of its last sign of life; the death or return of the node that last
-- held it (dead: no beat for p_dead_seconds; its drivers were seen until its last beat); and the start of the
-- asker's own watch. Without the last two one outage would re-dispatch the fleet.
CREATE FUNCTION silent_since(p driver_positions, p_dead_seconds double precision, p_watch_seconds double precision)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT greatest(p.received_at, p.seen_at, clock_timestamp() - make_interval(secs => p_watch_seconds), (
        SELECT greatest(n.returned_at, CASE WHEN n.beat_at < clock_timestamp() - make_interval(secs => p_dead_seconds)
            THEN n.beat_at END)
        FROM nodes n WHERE n.name = p.node))
$$;

-- Takes the orders not yet picked up from drivers who have been silent for p_lost_seconds, and matches them anew.
-- Locks: the orders first (whoever works on one is not waited for), then the drivers by id.
-- In steps, or the planner walks all assignments there ever were in the order of the result: what drivers hold now, by its
-- partial index; of that whose last sign is old, in plain columns; then orders and nodes of those few. An index over signs of
-- life would cost each of them more than these looks do.
CREATE FUNCTION release_lost_drivers(
    p_lost_seconds double precision, p_dead_seconds double precision, p_watch_seconds double precision, p_limit integer
) RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE
    o orders;
    v_orders uuid[];
    v_correlation text;
    v_before timestamptz := clock_timestamp() - make_interval(secs => p_lost_seconds);
BEGIN
    IF p_watch_seconds < p_lost_seconds THEN RETURN; END IF;
    WITH held AS MATERIALIZED (
        SELECT s.order_id, s.driver_id FROM assignments s WHERE s.ended_at IS NULL AND s.accepted_at < v_before
    ), silent AS MATERIALIZED (
        SELECT h.order_id, p FROM held h LEFT JOIN driver_positions p ON p.driver_id = h.driver_id
        WHERE coalesce(greatest(p.received_at, p.seen_at), '-infinity') < v_before
    )
    SELECT array_agg(x.id) INTO v_orders FROM (
        SELECT o2.id FROM silent s JOIN orders o2 ON o2.id = s.order_id
        WHERE o2.status IN ('ACCEPTED', 'DRIVER_ARRIVING')
            AND coalesce(silent_since(s.p, p_dead_seconds, p_watch_seconds), '-infinity') < v_before
        ORDER BY o2.id LIMIT p_limit FOR NO KEY UPDATE OF o2 SKIP LOCKED) x;
    FOR o IN
        SELECT orders.* FROM orders JOIN driver_positions p ON p.driver_id = orders.driver_id
        WHERE orders.id = ANY (v_orders) AND status IN ('ACCEPTED', 'DRIVER_ARRIVING')
            AND coalesce(silent_since(p, p_dead_seconds, p_watch_seconds), '-infinity')
                < clock_timestamp() - make_interval(secs => p_lost_seconds)
        ORDER BY orders.driver_id, orders.id
    LOOP
        SELECT correlation_id INTO v_correlation FROM matchings WHERE order_id = o.id;
        RETURN QUERY SELECT * FROM move_order(o, 'MATCHING', 'SYSTEM', NULL,
            json_build_object('driverId', o.driver_id, 'reason', 'DRIVER_LOST'), 'LOST', v_correlation)
            WHERE kind <> 'result';
    END LOOP;
END $$;
