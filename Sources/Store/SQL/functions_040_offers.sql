-- One winner, within capacity. The order is locked, then the driver; counts are taken after the lock, in the next
-- statement; whether an offer still holds is decided by this database's clock, never by a node's.
CREATE FUNCTION accept_offer(p_order uuid, p_driver uuid, p_offer uuid, p_correlation text) RETURNS SETOF change
LANGUAGE plpgsql AS $$
DECLARE
    o orders;
    f offers;
    d drivers;
BEGIN
    SELECT * INTO o FROM orders WHERE id = p_order FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN NEXT refused('OFFER_NOT_FOUND'); RETURN; END IF;
    SELECT * INTO f FROM offers WHERE order_id = p_order AND driver_id = p_driver ORDER BY created_at DESC LIMIT 1;
    IF NOT FOUND THEN RETURN NEXT refused('OFFER_NOT_FOUND'); RETURN; END IF;
    IF p_offer IS NOT NULL AND p_offer <> f.id AND NOT EXISTS (
        SELECT 1 FROM offers WHERE id = p_offer AND order_id = p_order AND driver_id = p_driver
    ) THEN RETURN NEXT refused('OFFER_NOT_FOUND'); RETURN; END IF;

    IF o.driver_id = p_driver AND o.status NOT IN ('CANCELLED', 'REFUNDED') THEN
        -- Mine already: the ack was lost. A named offer must be the one that won it.
        IF p_offer IS NULL OR EXISTS (SELECT 1 FROM offers WHERE id = p_offer AND state = 'ACCEPTED') THEN
            RETURN NEXT order_result(o);
        ELSE
            RETURN NEXT refused('OFFER_EXPIRED', NULL, o.version);
        END IF;
        RETURN;
    END IF;
    IF o.status = 'CANCELLED' THEN RETURN NEXT refused('ORDER_CANCELLED', NULL, o.version); RETURN; END IF;
    IF o.status NOT IN ('MATCHING', 'UNASSIGNED') THEN
        RETURN NEXT refused('ORDER_ALREADY_ACCEPTED', NULL, o.version); RETURN;
    END IF;
    -- An older offer than the newest is never open: an accept sent before a give-back must not win after it.
    IF f.state <> 'OPEN' OR f.expires_at <= clock_timestamp() OR (p_offer IS NOT NULL AND p_offer <> f.id) THEN
        RETURN NEXT refused('OFFER_EXPIRED', NULL, o.version); RETURN;
    END IF;

    UPDATE drivers SET load = load + 1 WHERE id = p_driver AND available AND load < capacity RETURNING * INTO d;
    IF NOT FOUND THEN
        SELECT * INTO d FROM drivers WHERE id = p_driver;
        RETURN NEXT refused(CASE WHEN d.available THEN 'DRIVER_AT_CAPACITY' ELSE 'OFFER_EXPIRED' END, NULL, o.version);
        RETURN;
    END IF;

    UPDATE orders SET status = 'ACCEPTED', driver_id = p_driver, version = version + 1,
        updated_at = greatest(clock_timestamp(), updated_at)
    WHERE id = p_order RETURNING * INTO o;
    RETURN NEXT order_result(o);
    UPDATE offers SET state = 'ACCEPTED', answered_at = clock_timestamp(), xid = pg_current_xact_id()
    WHERE id = f.id RETURNING * INTO f;
    INSERT INTO assignments (order_id, driver_id, offer_id, round, accepted_seq, accepted_at)
    VALUES (p_order, p_driver, f.id, f.round, o.version, o.updated_at);
    RETURN NEXT append_event(o, 'order.accepted', 'DRIVER', p_driver,
        format('{"driverId":"%s","offerId":"%s"}', p_driver, f.id)::json, p_driver, NULL, p_correlation);
    RETURN NEXT offer_change(f);
    RETURN QUERY SELECT * FROM withdraw_open_offers(p_order, 'ACCEPTED');
    UPDATE matchings SET wake_at = NULL, recheck_at = NULL, step = step + 1 WHERE order_id = p_order;

    -- A full driver's other offers belong to orders that are not locked here: a job ends them one order at a time.
    IF d.load >= d.capacity AND EXISTS (SELECT 1 FROM offers WHERE driver_id = p_driver AND state = 'OPEN') THEN
        INSERT INTO jobs (id, queue, key, payload, correlation_id)
        VALUES (uuid_v7(), 'offers.withdraw', p_driver::text, 
            format('{"driverId":"%s","reason":"AT_CAPACITY"}', p_driver)::json, p_correlation);
    END IF;
END $$;

-- A refusal is for good: this driver is not asked for this order again.
CREATE FUNCTION reject_offer(p_order uuid, p_driver uuid, p_offer uuid, p_reason text, p_correlation text)
RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE
    o orders;
    f offers;
BEGIN
    SELECT * INTO o FROM orders WHERE id = p_order FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN NEXT refused('OFFER_NOT_FOUND'); RETURN; END IF;
    SELECT * INTO f FROM offers
    WHERE order_id = p_order AND driver_id = p_driver AND (p_offer IS NULL OR id = p_offer)
    ORDER BY created_at DESC LIMIT 1;
    IF NOT FOUND THEN RETURN NEXT refused('OFFER_NOT_FOUND'); RETURN; END IF;
    IF f.state = 'REJECTED' THEN RETURN NEXT order_result(o); RETURN; END IF;
    IF o.status = 'CANCELLED' THEN RETURN NEXT refused('ORDER_CANCELLED', NULL, o.version); RETURN; END IF;
    IF o.status NOT IN ('MATCHING', 'UNASSIGNED') THEN
        RETURN NEXT refused('ORDER_ALREADY_ACCEPTED', NULL, o.version); RETURN;
    END IF;
    IF f.state <> 'OPEN' OR f.expires_at <= clock_timestamp() THEN
        RETURN NEXT refused('OFFER_EXPIRED', NULL, o.version); RETURN;
    END IF;
    UPDATE offers SET state = 'REJECTED', reason = p_reason, answered_at = clock_timestamp(), xid = pg_current_xact_id()
    WHERE id = f.id RETURNING * INTO f;
    PERFORM wake_matching(p_order);
    RETURN NEXT order_result(o);
    RETURN NEXT offer_change(f);
END $$;

-- Ends one of the driver's open offers, under its order's lock: the oldest order first, so that callers who go
-- through them meet the same order of locks. The result's seq says how many are left. Reason AT_CAPACITY ends
-- nothing once the driver has room again, OFF_DUTY nothing once it is back on duty.
CREATE FUNCTION withdraw_driver_offer(p_driver uuid, p_reason text) RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE
    o orders;
    d drivers;
    f offers;
    v_order uuid;
    v_left integer;
BEGIN
    SELECT order_id INTO v_order FROM offers WHERE driver_id = p_driver AND state = 'OPEN' ORDER BY order_id LIMIT 1;
    IF NOT FOUND THEN RETURN NEXT refused('OK', NULL, 0); RETURN; END IF;
    SELECT * INTO o FROM orders WHERE id = v_order FOR NO KEY UPDATE;
    SELECT * INTO d FROM drivers WHERE id = p_driver FOR SHARE;
    IF (p_reason = 'AT_CAPACITY' AND d.load < d.capacity) OR (p_reason = 'OFF_DUTY' AND d.available) THEN
        RETURN NEXT refused('OK', NULL, 0); RETURN;
    END IF;
    UPDATE offers SET state = 'WITHDRAWN', reason = p_reason, answered_at = clock_timestamp(), xid = pg_current_xact_id()
    WHERE order_id = v_order AND driver_id = p_driver AND state = 'OPEN' RETURNING * INTO f;
    SELECT count(*) INTO v_left FROM offers WHERE driver_id = p_driver AND state = 'OPEN';
    RETURN NEXT refused('OK', NULL, v_left);
    IF f.id IS NOT NULL THEN
        PERFORM wake_matching(v_order) WHERE o.status = 'MATCHING';
        RETURN NEXT offer_change(f);
    END IF;
END $$;

-- The driver's offers that are still open, newest first, as {"data": […]}.
CREATE FUNCTION driver_offers(p_driver uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT concat('{"data":[', string_agg(offer_json(f), ',' ORDER BY f.created_at DESC), '],"nextCursor":null}')
        FROM offers f WHERE f.driver_id = p_driver AND f.state = 'OPEN' AND f.expires_at > clock_timestamp()
    );
END $$;
