-- The event feed and the subscription's snapshot: each is one statement over one snapshot.

-- Everything written since the cursor, without an upper bound: what is visible of an order has no hole, and one long
-- transaction holds back nobody's events (it only makes the same rows come again). The first row is the next cursor: the
-- snapshot's xmin.
CREATE FUNCTION feed(p_cursor xid8) RETURNS SETOF change LANGUAGE sql STABLE AS $$
    SELECT 'cursor', NULL, NULL::uuid, NULL::integer, NULL, NULL::uuid, NULL::uuid, NULL::uuid, NULL::uuid, NULL::uuid, NULL,
        NULL, NULL::integer, pg_snapshot_xmin(pg_current_snapshot())
    UNION ALL (
        SELECT 'event', e.type, e.order_id, e.seq, order_event_json(e), e.customer_id, e.merchant_id, e.driver_id,
            e.previous_driver_id, NULL, e.correlation_id, e.status, NULL, e.xid
        FROM order_events e WHERE e.xid >= p_cursor ORDER BY e.order_id, e.seq)
    UNION ALL
    SELECT c.* FROM offers f, LATERAL offer_change(f) c WHERE f.xid >= p_cursor
    UNION ALL
    SELECT 'session', s.reason, NULL, NULL, NULL, NULL, NULL, s.account_id, NULL, s.id, NULL, NULL, NULL, s.xid
    FROM sessions s WHERE s.xid >= p_cursor
    UNION ALL
    SELECT 'account', a.status, NULL, NULL, a.role, NULL, NULL, a.id, NULL, NULL, NULL, NULL, NULL, a.xid
    FROM accounts a WHERE a.xid >= p_cursor
    UNION ALL
    SELECT 'member', NULL, NULL, NULL, NULL, NULL, b.merchant_id, b.account_id, NULL, NULL, NULL, NULL, NULL, b.xid
    FROM merchant_members b WHERE b.xid >= p_cursor
$$;

-- An order and its events past p_after, in one statement. The first row is kind 'order' (seq: its version, json: the
-- order); no row: there is no such order, or the account may not see it. ADMIN sees all, a customer and a merchant their
-- orders, a driver one that it has or ended itself: the events from the `order.accepted` that gave it the order up to the
-- one that took it away.
CREATE FUNCTION order_snapshot(p_order uuid, p_account uuid, p_role text, p_after integer) RETURNS SETOF change
LANGUAGE sql STABLE AS $$
    WITH seen AS MATERIALIZED (
        SELECT o, CASE WHEN w.driver THEN s.accepted_seq - 1 ELSE 0 END AS first_after,
            CASE WHEN w.driver THEN s.ended_seq END AS last_seq
        FROM orders o
        CROSS JOIN LATERAL (SELECT p_role <> 'ADMIN' AND o.customer_id <> p_account AND NOT EXISTS (
            SELECT 1 FROM merchant_members b WHERE b.merchant_id = o.merchant_id AND b.account_id = p_account) AS driver) w
        LEFT JOIN LATERAL (
            SELECT a.accepted_seq, a.ended_seq FROM assignments a WHERE a.order_id = o.id AND a.driver_id = p_account
            ORDER BY a.accepted_seq DESC LIMIT 1) s ON w.driver
        WHERE o.id = p_order AND (NOT w.driver OR (s.accepted_seq IS NOT NULL AND o.driver_id = p_account))
    )
    SELECT 'order', NULL, (o).id, (o).version, order_json(o), (o).customer_id, (o).merchant_id, (o).driver_id, NULL::uuid,
        NULL::uuid, NULL, (o).status, NULL::integer, NULL::xid8
    FROM seen
    UNION ALL (
        SELECT 'event', e.type, e.order_id, e.seq, order_event_json(e), e.customer_id, e.merchant_id, e.driver_id,
            e.previous_driver_id, NULL, e.correlation_id, e.status, NULL, e.xid
        FROM seen JOIN order_events e ON e.order_id = (seen.o).id
        WHERE e.seq > greatest(p_after, first_after) AND (last_seq IS NULL OR e.seq <= last_seq)
        ORDER BY e.seq)
$$;

-- The orders an account is party to, newest first; an ADMIN's are all. p_statuses null: any.
CREATE FUNCTION list_orders(p_account uuid, p_role text, p_statuses text[], p_before uuid, p_limit integer) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_ids uuid[];
    v_shops uuid[];
BEGIN
    -- Each role has its own index, so each has its own statement.
    IF p_role = 'ADMIN' THEN
        IF cardinality(p_statuses) = 1 THEN
            SELECT array_agg(id) INTO v_ids FROM (SELECT id FROM orders WHERE status = p_statuses[1]
                AND (p_before IS NULL OR id < p_before) ORDER BY id DESC LIMIT p_limit + 1) x;
        ELSE
            SELECT array_agg(id) INTO v_ids FROM (SELECT id FROM orders WHERE (p_statuses IS NULL OR status = ANY (p_statuses))
                AND (p_before IS NULL OR id < p_before) ORDER BY id DESC LIMIT p_limit + 1) x;
        END IF;
    ELSIF p_role = 'CUSTOMER' THEN
        SELECT array_agg(id) INTO v_ids FROM (SELECT id FROM orders WHERE customer_id = p_account
            AND (p_statuses IS NULL OR status = ANY (p_statuses))
            AND (p_before IS NULL OR id < p_before) ORDER BY id DESC LIMIT p_limit + 1) x;
    ELSIF p_role = 'DRIVER' THEN
        SELECT array_agg(id) INTO v_ids FROM (SELECT id FROM orders WHERE driver_id = p_account
            AND (p_statuses IS NULL OR status = ANY (p_statuses))
            AND (p_before IS NULL OR id < p_before) ORDER BY id DESC LIMIT p_limit + 1) x;
    ELSE
        SELECT array_agg(merchant_id) INTO v_shops FROM merchant_members WHERE account_id = p_account;
        SELECT array_agg(id) INTO v_ids FROM (
            SELECT o.id FROM unnest(v_shops) AS shop (id), LATERAL (
                SELECT o.id FROM orders o WHERE o.merchant_id = shop.id
                    AND (p_statuses IS NULL OR o.status = ANY (p_statuses))
                    AND (p_before IS NULL OR o.id < p_before) ORDER BY o.id DESC LIMIT p_limit + 1) o
            ORDER BY o.id DESC LIMIT p_limit + 1) x;
    END IF;
    RETURN concat('{"data":[', (SELECT string_agg(order_json(o), ',' ORDER BY o.id DESC) FROM orders o
            WHERE o.id = ANY (v_ids[1:p_limit])),
        '],"nextCursor":', CASE WHEN cardinality(v_ids) > p_limit THEN json_plain(v_ids[p_limit]::text) ELSE 'null' END, '}');
END $$;

-- Who is free and alive near a place, nearest first.
CREATE FUNCTION nearby_drivers(
    p_lat double precision, p_lng double precision, p_radius double precision, p_limit integer,
    p_silent_seconds double precision
) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT concat('{"data":[', string_agg(
            concat(left(driver_json(d), -1), ',"distanceMeters":', round(n.distance_meters::numeric, 1), '}'),
            ',' ORDER BY n.distance_meters, d.id), '],"nextCursor":null}')
        FROM nearest_free_drivers(p_lat, p_lng, p_radius, p_limit, p_silent_seconds, NULL) n JOIN drivers d ON d.id = n.driver_id
    );
END $$;

CREATE FUNCTION read_driver(p_driver uuid) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT driver_json(d) FROM drivers d WHERE d.id = p_driver $$;
