-- What every change returns: one row 'result' (code, the resource), then what is to be published: 'event' rows
-- (an order event with its audience as of the commit) and 'offer' rows (an offer that opened or ended). The feed and the
-- order snapshot speak in the same rows, with the further kinds 'cursor', 'session', 'account' and 'order'.
CREATE TYPE change AS (
    kind text,
    code text,                  -- result: OK or an error; event: its type; offer: its state; session: why; account: its status
    order_id uuid,
    seq integer,                -- result, order: the version; event: its seq; offer: the order's version when it was made;
                                -- refused item: its index
    json text,                  -- the resource, the event, order_offer or offer_withdrawn; account: its role
    customer_id uuid,
    merchant_id uuid,
    driver_id uuid,             -- session, account: the account
    previous_driver_id uuid,
    offer_id uuid,              -- session: the session
    correlation_id text,
    detail text,                -- result: names what was refused, or the Location; event, order: the order's status
    status integer,             -- result: the answer's status
    xid xid8                    -- event, offer: its transaction; cursor: the next cursor
);

-- UUIDv7 for rows that the database makes itself.
CREATE FUNCTION uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;

CREATE FUNCTION refused(p_code text, p_detail text DEFAULT NULL, p_seq integer DEFAULT NULL) RETURNS change
LANGUAGE sql IMMUTABLE AS $$
    SELECT ('result', p_code, NULL, p_seq, NULL, NULL, NULL, NULL, NULL, NULL, NULL, p_detail, NULL, NULL)::change
$$;

-- A resource that is no order; p_location and p_status when it was created.
CREATE FUNCTION done(p_json text, p_location text DEFAULT NULL, p_status integer DEFAULT NULL) RETURNS change
LANGUAGE sql IMMUTABLE AS $$
    SELECT ('result', 'OK', NULL, NULL, p_json, NULL, NULL, NULL, NULL, NULL, NULL, p_location, p_status, NULL)::change
$$;

CREATE FUNCTION order_result(o orders) RETURNS change LANGUAGE sql STABLE AS $$
    SELECT ('result', 'OK', o.id, o.version, order_json(o), o.customer_id, o.merchant_id, o.driver_id, NULL, NULL,
        NULL, NULL, NULL, NULL)::change
$$;

-- An offer as its driver is told of it: OPEN until its time is over, then EXPIRED; the driver's own answer is no news.
CREATE FUNCTION offer_change(f offers) RETURNS change LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_state text := CASE WHEN f.state = 'OPEN' AND f.expires_at <= clock_timestamp() THEN 'EXPIRED' ELSE f.state END;
BEGIN
    RETURN ('offer', v_state, f.order_id, f.order_version,
        CASE WHEN v_state = 'OPEN' THEN offer_json(f)
            WHEN v_state IN ('WITHDRAWN', 'EXPIRED') THEN offer_withdrawn_json(f) END,
        NULL, NULL, f.driver_id, NULL, f.id, f.correlation_id, NULL, NULL, f.xid)::change;
END $$;

CREATE FUNCTION event_change(e order_events) RETURNS change LANGUAGE sql STABLE AS $$
    SELECT ('event', e.type, e.order_id, e.seq, order_event_json(e), e.customer_id, e.merchant_id, e.driver_id,
        e.previous_driver_id, NULL, e.correlation_id, e.status, NULL, e.xid)::change
$$;

-- Appends the event of a change already made to the locked row: o.version is its seq, o.updated_at its time.
CREATE FUNCTION append_event(
    o orders, p_type text, p_actor_kind text, p_actor uuid, p_data json, p_driver uuid, p_previous_driver uuid,
    p_correlation text
) RETURNS change LANGUAGE plpgsql AS $$
DECLARE e order_events;
BEGIN
    INSERT INTO order_events (order_id, seq, type, status, at, actor_kind, actor_id, data, customer_id, merchant_id,
        driver_id, previous_driver_id, correlation_id)
    VALUES (o.id, o.version, p_type, o.status, o.updated_at, p_actor_kind, p_actor, coalesce(p_data, '{}'::json),
        o.customer_id, o.merchant_id, p_driver, p_previous_driver, p_correlation)
    RETURNING * INTO e;
    RETURN event_change(e);
END $$;

-- Statuses in which a driver holds the order, and it counts against that driver's capacity.
CREATE FUNCTION is_assigned(p_status text) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT p_status IN ('ACCEPTED', 'DRIVER_ARRIVING', 'PICKED_UP', 'FAILED') $$;

-- Ends the order's open offers, the order being locked.
CREATE FUNCTION withdraw_open_offers(p_order uuid, p_reason text) RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE f offers;
BEGIN
    FOR f IN
        UPDATE offers SET state = 'WITHDRAWN', reason = p_reason, answered_at = clock_timestamp(),
            xid = pg_current_xact_id()
        WHERE order_id = p_order AND state = 'OPEN' RETURNING offers.*
    LOOP
        RETURN NEXT offer_change(f);
    END LOOP;
END $$;

-- Sets the matching step due at once, the order being locked.
CREATE FUNCTION wake_matching(p_order uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE matchings SET wake_at = clock_timestamp(), step = step + 1 WHERE order_id = p_order;
END $$;

-- The one place that moves a locked order to another status, with all that follows from it: version and event, the
-- driver freed and the assignment ended, stock returned, offers withdrawn, matching begun anew or stopped.
-- Locks after the order: driver, then products by id.
CREATE FUNCTION move_order(
    o orders, p_to text, p_actor_kind text, p_actor uuid, p_data json, p_assignment_end text, p_correlation text
) RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE
    v_before text := o.status;
    v_holder uuid := CASE WHEN is_assigned(o.status) THEN o.driver_id END;
    v_ends boolean := is_assigned(o.status) AND NOT is_assigned(p_to);
    v_type text := 'order.' || lower(p_to);
    v_item record;
BEGIN
    UPDATE orders SET status = p_to, version = version + 1,
        updated_at = greatest(clock_timestamp(), updated_at),
        driver_id = CASE WHEN p_to = 'MATCHING' THEN NULL ELSE driver_id END,
        paid_at = CASE WHEN p_to = 'PAID' OR (p_to = 'DELIVERED' AND payment = 'CASH')
            THEN clock_timestamp() ELSE paid_at END
    WHERE id = o.id RETURNING * INTO o;
    RETURN NEXT order_result(o);

    IF v_ends THEN
        UPDATE drivers SET load = greatest(load - 1, 0) WHERE id = v_holder;
        UPDATE assignments SET ended_seq = o.version, ended_at = o.updated_at,
            state = coalesce(p_assignment_end, CASE p_to WHEN 'DELIVERED' THEN 'COMPLETED' WHEN 'RETURNED' THEN 'RETURNED'
                WHEN 'CANCELLED' THEN 'CANCELLED' ELSE 'RELEASED' END)
        WHERE order_id = o.id AND driver_id = v_holder AND ended_at IS NULL;
    END IF;

    IF p_to = 'CANCELLED' THEN
        FOR v_item IN
            SELECT product_id, sum(quantity)::integer AS quantity FROM order_items WHERE order_id = o.id AND reserved
            GROUP BY product_id ORDER BY product_id
        LOOP
            UPDATE products SET stock = stock + v_item.quantity WHERE id = v_item.product_id AND stock IS NOT NULL;
        END LOOP;
    END IF;

    RETURN NEXT append_event(o, v_type, p_actor_kind, p_actor, p_data,
        CASE WHEN NOT v_ends THEN v_holder END, CASE WHEN v_ends THEN v_holder END, p_correlation);

    IF v_before IN ('MATCHING', 'UNASSIGNED') THEN
        RETURN QUERY SELECT * FROM withdraw_open_offers(o.id, CASE p_to WHEN 'CANCELLED' THEN 'CANCELLED' ELSE 'EXPIRED' END);
    END IF;
    IF p_to = 'MATCHING' THEN
        INSERT INTO matchings (order_id, wake_at, step, correlation_id)
        VALUES (o.id, clock_timestamp(), 1, p_correlation)
        ON CONFLICT (order_id) DO UPDATE SET wake_at = clock_timestamp(), recheck_at = NULL,
            step = matchings.step + 1, tries_used = 0, retry_at = NULL, round = matchings.round + 1,
            entered_at = clock_timestamp(),
            correlation_id = excluded.correlation_id;
    ELSIF v_before IN ('MATCHING', 'UNASSIGNED') THEN
        UPDATE matchings SET wake_at = NULL, step = step + 1,
            recheck_at = CASE WHEN p_to = 'UNASSIGNED' THEN clock_timestamp() END
        WHERE order_id = o.id;
    END IF;
END $$;
