-- The event feed, and where one begins. Everything here is one statement over one snapshot.

-- One row of the feed or of a snapshot. kind: cursor (json: the snapshot's xmin), event, offer, session, account.
CREATE TYPE feed_row AS (
    kind text,
    order_id uuid,
    seq integer,
    code text,                 -- event: type; offer: state; session: reason; account: status
    json text,                 -- event: the event; offer: order_offer or offer_withdrawn; account: its role
    customer_id uuid,
    merchant_id uuid,
    driver_id uuid,            -- session, account: the account
    previous_driver_id uuid,
    offer_id uuid,             -- session: the session
    correlation_id text,
    detail text,               -- offer: why it ended
    remaining_ms integer       -- offer: until its deadline
);

-- Everything written since the cursor, without an upper bound: what is visible of an order has no hole, and one long
-- transaction holds back nobody's events (it only makes the same rows come again). The first row is the next cursor.
CREATE FUNCTION feed(p_cursor text) RETURNS SETOF feed_row LANGUAGE sql STABLE AS $$
    SELECT 'cursor', NULL::uuid, NULL::integer, NULL, pg_snapshot_xmin(pg_current_snapshot())::text, NULL::uuid, NULL::uuid,
        NULL::uuid, NULL::uuid, NULL::uuid, NULL, NULL, NULL::integer
    UNION ALL (
        SELECT 'event', e.order_id, e.seq, e.type, order_event_json(e), e.customer_id, e.merchant_id, e.driver_id,
            e.previous_driver_id, NULL, e.correlation_id, NULL, NULL
        FROM order_events e WHERE e.xid >= p_cursor::xid8 ORDER BY e.order_id, e.seq)
    UNION ALL
    SELECT 'offer', f.order_id, f.round, f.state, c.json, NULL, NULL, f.driver_id, NULL, f.id, f.correlation_id, f.reason,
        c.status
    FROM offers f, LATERAL offer_change(f) c WHERE f.xid >= p_cursor::xid8
    UNION ALL
    SELECT 'session', NULL, NULL, s.reason, NULL, NULL, NULL, s.account_id, NULL, s.id, NULL, NULL, NULL
    FROM sessions s WHERE s.xid >= p_cursor::xid8
    UNION ALL
    SELECT 'account', NULL, NULL, a.status, a.role, NULL, NULL, a.id, NULL, NULL, NULL, NULL, NULL
    FROM accounts a WHERE a.xid >= p_cursor::xid8
$$;

-- An order and its events past p_after, in one statement. The first row is kind 'order' (seq: its version, json: the
-- order, detail: the highest seq in view); no row: there is no such order, or the account may not see it. The house sees
-- all (p_role ADMIN), a customer and a merchant their orders, a driver one that it has or had: the events
-- from the `order.accepted` that gave it the order up to the one that took it away.
CREATE FUNCTION order_snapshot(p_order uuid, p_account uuid, p_role text, p_after integer) RETURNS SETOF feed_row
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
    SELECT 'order', (o).id, (o).version, (o).status, order_json(o), (o).customer_id, (o).merchant_id, (o).driver_id,
        NULL::uuid, NULL::uuid, NULL, coalesce(last_seq, (o).version)::text, NULL::integer
    FROM seen
    UNION ALL (
        SELECT 'event', e.order_id, e.seq, e.type, order_event_json(e), e.customer_id, e.merchant_id, e.driver_id,
            e.previous_driver_id, NULL, e.correlation_id, NULL, NULL
        FROM seen JOIN order_events e ON e.order_id = (seen.o).id
        WHERE e.seq > greatest(p_after, first_after) AND (last_seq IS NULL OR e.seq <= last_seq)
        ORDER BY e.seq)
$$;

-- Where a socket begins. The first row is kind 'snapshot' (json: pg_current_snapshot()), then 'merchant' rows (whose orders
-- a member follows), 'head' rows and the driver's open 'offer' rows. A head is an order to catch up on: seq is the
-- last event it has for this account, detail the seq past which to read (named: the given one; a driver never before
-- its `order.accepted`). p_all_open: also the account's open orders that were not named. Named ones that the account may not
-- see are passed over. Without catching up (both empty) there are no heads.
CREATE FUNCTION connect_snapshot(
    p_account uuid, p_role text, p_orders uuid[], p_afters integer[], p_all_open boolean
) RETURNS SETOF feed_row LANGUAGE sql STABLE AS $$
    WITH shops AS MATERIALIZED (
        SELECT b.merchant_id FROM merchant_members b WHERE b.account_id = p_account AND p_role = 'MERCHANT'
    ), named AS MATERIALIZED (
        SELECT i.id, max(i.after) AS after FROM unnest(p_orders, p_afters) AS i (id, after) GROUP BY i.id
    ), open_orders AS (
        SELECT o.id FROM orders o WHERE p_all_open AND p_role = 'CUSTOMER' AND o.customer_id = p_account
            AND o.status NOT IN ('CANCELLED', 'DELIVERED', 'RETURNED', 'REFUNDED')
        UNION
        SELECT o.id FROM shops JOIN orders o ON o.merchant_id = shops.merchant_id
        WHERE p_all_open AND o.status NOT IN ('CANCELLED', 'DELIVERED', 'RETURNED', 'REFUNDED')
        UNION
        SELECT s.order_id FROM assignments s WHERE p_all_open AND p_role = 'DRIVER' AND s.driver_id = p_account
            AND s.ended_at IS NULL
        UNION
        SELECT named.id FROM named
    ), heads AS (
        SELECT o.id, o.status, o.customer_id, o.merchant_id, o.driver_id,
            CASE WHEN p_role = 'DRIVER' THEN coalesce(s.ended_seq, o.version) ELSE o.version END AS last_seq,
            greatest(coalesce(named.after, 0), CASE WHEN p_role = 'DRIVER' THEN s.accepted_seq - 1 ELSE 0 END) AS after
        FROM open_orders JOIN orders o ON o.id = open_orders.id
        LEFT JOIN named ON named.id = o.id
        LEFT JOIN LATERAL (
            SELECT a.accepted_seq, a.ended_seq FROM assignments a WHERE a.order_id = o.id AND a.driver_id = p_account
            ORDER BY a.accepted_seq DESC LIMIT 1) s ON p_role = 'DRIVER'
        WHERE CASE p_role WHEN 'ADMIN' THEN true WHEN 'CUSTOMER' THEN o.customer_id = p_account
            WHEN 'MERCHANT' THEN o.merchant_id IN (SELECT merchant_id FROM shops)
            ELSE s.accepted_seq IS NOT NULL END
    )
    SELECT 'snapshot', NULL::uuid, NULL::integer, NULL, pg_current_snapshot()::text, NULL::uuid, NULL::uuid,
        NULL::uuid, NULL::uuid, NULL::uuid, NULL, NULL, NULL::integer
    UNION ALL
    SELECT 'merchant', NULL, NULL, NULL, NULL, NULL, merchant_id, NULL, NULL, NULL, NULL, NULL, NULL FROM shops
    UNION ALL
    SELECT 'head', id, last_seq, status, NULL, customer_id, merchant_id, driver_id, NULL, NULL, NULL, after::text, NULL
    FROM heads
    UNION ALL
    SELECT 'offer', f.order_id, f.round, f.state, c.json, NULL, NULL, f.driver_id, NULL, f.id, f.correlation_id, f.reason,
        c.status
    FROM offers f, LATERAL offer_change(f) c
    WHERE p_role = 'DRIVER' AND f.driver_id = p_account AND f.state = 'OPEN' AND f.expires_at > clock_timestamp()
$$;

-- The events of several orders, each past its own seq and up to another (null: all), by (order, seq): catching up and
-- filling holes. Unguarded: the caller knows who may see what.
CREATE FUNCTION events_after(p_orders uuid[], p_afters integer[], p_untils integer[]) RETURNS SETOF feed_row LANGUAGE sql STABLE AS $$
    SELECT 'event', e.order_id, e.seq, e.type, order_event_json(e), e.customer_id, e.merchant_id, e.driver_id,
        e.previous_driver_id, NULL::uuid, e.correlation_id, NULL, NULL::integer
    FROM unnest(p_orders, p_afters, p_untils) AS i (id, after, until)
    JOIN order_events e ON e.order_id = i.id AND e.seq > i.after AND (i.until IS NULL OR e.seq <= i.until)
    ORDER BY e.order_id, e.seq
$$;

-- The highest seq of each order that a socket's snapshot saw (0: none): where it begins.
CREATE FUNCTION last_seqs(p_orders uuid[], p_snapshot text) RETURNS TABLE (order_id uuid, seq integer) LANGUAGE sql STABLE AS $$
    SELECT i.id, coalesce((SELECT max(e.seq) FROM order_events e
        WHERE e.order_id = i.id AND pg_visible_in_snapshot(e.xid, p_snapshot::pg_snapshot)), 0)
    FROM unnest(p_orders) AS i (id)
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
) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat('{"data":[', string_agg(
        concat(left(driver_json(d), -1), ',"distanceMeters":', round(n.distance_meters::numeric, 1), '}'),
        ',' ORDER BY n.distance_meters, d.id), '],"nextCursor":null}')
    FROM nearest_free_drivers(p_lat, p_lng, p_radius, p_limit, p_silent_seconds, NULL) n JOIN drivers d ON d.id = n.driver_id
$$;

CREATE FUNCTION read_driver(p_driver uuid) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT driver_json(d) FROM drivers d WHERE d.id = p_driver $$;
