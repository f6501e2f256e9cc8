-- Idempotency. A key is looked at under a transaction-long advisory lock on (account, route, key): not to be had
-- means that the first request still runs. The answer is stored in the transaction that it reports, so a refused
-- or broken request leaves nothing. Returns no row when the caller is to go on, else what it must answer.
CREATE FUNCTION idempotency_check(p_account uuid, p_route text, p_key text, p_body_hash bytea) RETURNS SETOF change
LANGUAGE plpgsql AS $$
DECLARE k idempotency_keys;
BEGIN
    IF p_key IS NULL THEN RETURN; END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended(concat_ws(chr(31), p_account, p_route, p_key), 0)) THEN
        RETURN NEXT refused('IDEMPOTENCY_IN_PROGRESS');
        RETURN;
    END IF;
    SELECT * INTO k FROM idempotency_keys WHERE account_id = p_account AND route = p_route AND key = p_key;
    IF NOT FOUND THEN RETURN; END IF;
    IF k.expires_at <= clock_timestamp() THEN
        DELETE FROM idempotency_keys WHERE account_id = p_account AND route = p_route AND key = p_key;
    ELSIF k.body_hash = p_body_hash THEN
        RETURN NEXT ('result', 'REPLAYED', NULL, k.version, k.body, NULL, NULL, NULL, NULL, NULL, NULL, k.location,
            k.status, NULL)::change;
    ELSE
        RETURN NEXT refused('IDEMPOTENCY_KEY_REUSED');
    END IF;
END $$;

-- Keeps the answer for a day (contract, idempotency).
CREATE FUNCTION idempotency_store(
    p_account uuid, p_route text, p_key text, p_body_hash bytea, p_status integer, p_location text, p_version integer,
    p_body text
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_key IS NULL THEN RETURN; END IF;
    INSERT INTO idempotency_keys (account_id, route, key, body_hash, status, location, version, body, expires_at)
    VALUES (p_account, p_route, p_key, p_body_hash, p_status, p_location, p_version, p_body,
        clock_timestamp() + interval '24 hours');
END $$;

-- For what is done outside of PostgreSQL: who is told OK does it, once, and gives this answer; so does whoever repeats it.
CREATE FUNCTION keep_answer(
    p_account uuid, p_status integer, p_body text, p_route text, p_key text, p_body_hash bytea
) RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE v_replay change;
BEGIN
    SELECT * INTO v_replay FROM idempotency_check(p_account, p_route, p_key, p_body_hash);
    IF FOUND THEN RETURN NEXT v_replay; RETURN; END IF;
    PERFORM idempotency_store(p_account, p_route, p_key, p_body_hash, p_status, NULL, NULL, p_body);
    RETURN NEXT done(p_body, NULL, p_status);
END $$;

-- Places an order: prices and names from the catalogue, stock reserved, event 1, and for what is paid at the door
-- also the entry into matching, all in one transaction. Only products that count their stock are locked, by id.
CREATE FUNCTION place_order(
    p_id uuid, p_short_code text, p_customer uuid, p_merchant uuid, p_products uuid[], p_quantities integer[],
    p_lat double precision, p_lng double precision, p_address text, p_note text, p_contact text,
    p_payment text, p_fulfilment text, p_external_id text, p_metadata text, p_correlation text,
    p_location text, p_route text, p_key text, p_body_hash bytea
) RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE
    v_replay change;
    v_result change;
    m merchants;
    o orders;
    born orders;
    p record;
    v_matches boolean := p_payment = 'CASH' AND p_fulfilment = 'DELIVERY';
    v_total bigint := 0;
    v_now timestamptz;
BEGIN
    SELECT * INTO v_replay FROM idempotency_check(p_customer, p_route, p_key, p_body_hash);
    IF FOUND THEN RETURN NEXT v_replay; RETURN; END IF;

    SELECT * INTO m FROM merchants WHERE id = p_merchant AND deleted_at IS NULL;
    IF NOT FOUND THEN RETURN NEXT refused('MERCHANT_NOT_FOUND'); RETURN; END IF;

    -- The row lock comes first, so that what is read below is what will be written.
    PERFORM 1 FROM products WHERE id = ANY (p_products) AND stock IS NOT NULL ORDER BY id FOR NO KEY UPDATE;
    FOR p IN
        SELECT i.line, i.quantity, c.id, c.name, c.price, c.currency, c.stock, c.available,
            sum(i.quantity) OVER (PARTITION BY i.product) AS wanted
        FROM unnest(p_products, p_quantities) WITH ORDINALITY AS i (product, quantity, line)
        LEFT JOIN products c ON c.id = i.product AND c.merchant_id = p_merchant AND c.deleted_at IS NULL
        ORDER BY i.line
    LOOP
        IF p.id IS NULL THEN
            RETURN NEXT refused('PRODUCT_NOT_FOUND', NULL, p.line::integer - 1); RETURN;
        ELSIF NOT p.available THEN
            RETURN NEXT refused('PRODUCT_UNAVAILABLE', p.name, p.line::integer - 1); RETURN;
        ELSIF p.currency <> m.currency THEN
            RETURN NEXT refused('CURRENCY_MISMATCH', p.name, p.line::integer - 1); RETURN;
        ELSIF p.stock < p.wanted THEN
            RETURN NEXT refused('OUT_OF_STOCK', p.name, p.line::integer - 1); RETURN;
        END IF;
        v_total := v_total + p.price * p.quantity;
    END LOOP;

    UPDATE products SET stock = stock - w.quantity
    FROM (SELECT product, sum(quantity) AS quantity FROM unnest(p_products, p_quantities) AS i (product, quantity)
        GROUP BY product) w
    WHERE products.id = w.product AND stock IS NOT NULL;

    -- What is paid at the door is born in MATCHING, with both events: moving it would write the row twice.
    v_now := clock_timestamp();
    INSERT INTO orders (id, short_code, customer_id, merchant_id, status, version, fulfilment, payment, total, currency,
        pickup, pickup_address, dropoff, dropoff_address, dropoff_note, dropoff_contact, external_id, metadata,
        created_at, updated_at)
    VALUES (p_id, p_short_code, p_customer, p_merchant,
        CASE WHEN v_matches THEN 'MATCHING' ELSE 'PENDING' END, CASE WHEN v_matches THEN 2 ELSE 1 END,
        p_fulfilment, p_payment, v_total, m.currency, m.location, m.address,
        ST_SetSRID(ST_MakePoint(p_lng, p_lat), 4326), p_address, p_note, p_contact::json, p_external_id,
        coalesce(p_metadata::json, '{}'), v_now, v_now)
    RETURNING * INTO o;

    INSERT INTO order_items (order_id, line, product_id, name, quantity, unit_price, reserved)
    SELECT p_id, i.line, c.id, c.name, i.quantity, c.price, c.stock IS NOT NULL
    FROM unnest(p_products, p_quantities) WITH ORDINALITY AS i (product, quantity, line)
    JOIN products c ON c.id = i.product;

    born := o;
    born.status := 'PENDING';
    born.version := 1;
    RETURN NEXT append_event(born, 'order.created', 'CUSTOMER', p_customer,
        format('{"total":%s,"currency":"%s"}', o.total, o.currency)::json, NULL, NULL, p_correlation);
    IF v_matches THEN
        RETURN NEXT append_event(o, 'order.matching', 'SYSTEM', NULL, NULL, NULL, NULL, p_correlation);
        INSERT INTO matchings (order_id, wake_at, step, correlation_id) VALUES (p_id, v_now, 1, p_correlation);
    END IF;

    v_result := order_result(o);
    v_result.detail := p_location;
    v_result.status := 202;
    PERFORM idempotency_store(p_customer, p_route, p_key, p_body_hash, 202, p_location, v_result.seq, v_result.json);
    RETURN NEXT v_result;
END $$;

-- Moves an order as the policy decided upon the version it read; another version now → CONFLICT_VERSION (read and
-- decide again). p_reason and p_data go into the event. ACCEPTED has a function of its own.
CREATE FUNCTION transition_order(
    p_order uuid, p_version integer, p_to text, p_actor_kind text, p_actor uuid, p_reason text, p_data text,
    p_correlation text
) RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE
    o orders;
    v_data jsonb := coalesce(p_data::jsonb, '{}');
BEGIN
    SELECT * INTO o FROM orders WHERE id = p_order FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN NEXT refused('NOT_FOUND'); RETURN; END IF;
    IF o.version <> p_version THEN RETURN NEXT refused('CONFLICT_VERSION', NULL, o.version); RETURN; END IF;
    IF p_to = 'ACCEPTED' OR p_to = o.status THEN RETURN NEXT refused('INVALID_TRANSITION', NULL, o.version); RETURN; END IF;
    IF p_reason IS NOT NULL THEN v_data := v_data || jsonb_build_object('reason', p_reason); END IF;
    IF p_to = 'MATCHING' AND is_assigned(o.status) THEN
        v_data := v_data || jsonb_build_object('driverId', o.driver_id);
    END IF;
    RETURN QUERY SELECT * FROM move_order(o, p_to, p_actor_kind, p_actor, v_data::json,
        CASE WHEN p_to = 'MATCHING' AND p_actor_kind <> 'DRIVER' THEN 'TAKEN' END, p_correlation);
END $$;

-- The merchant's word on the kitchen: an event of its own, the status as it was.
CREATE FUNCTION set_preparation(
    p_order uuid, p_version integer, p_state text, p_ready_at timestamptz, p_actor_kind text, p_actor uuid,
    p_correlation text
) RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE
    o orders;
    v_holder uuid;
BEGIN
    SELECT * INTO o FROM orders WHERE id = p_order FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN NEXT refused('NOT_FOUND'); RETURN; END IF;
    IF o.version <> p_version THEN RETURN NEXT refused('CONFLICT_VERSION', NULL, o.version); RETURN; END IF;
    UPDATE orders SET preparation = p_state, ready_at = coalesce(p_ready_at, ready_at), version = version + 1,
        updated_at = greatest(clock_timestamp(), updated_at)
    WHERE id = p_order RETURNING * INTO o;
    v_holder := CASE WHEN is_assigned(o.status) THEN o.driver_id END;
    RETURN NEXT order_result(o);
    RETURN NEXT append_event(o, 'order.' || lower(p_state), p_actor_kind, p_actor,
        concat('{"readyAt":', json_time(o.ready_at), '}')::json, v_holder, NULL, p_correlation);
END $$;

-- What the policy needs to decide who may do what: one row, none when there is no such order. Anybody may ask; what
-- the account is to the order stands in the last columns.
CREATE FUNCTION read_order(p_order uuid, p_account uuid) RETURNS TABLE (
    id uuid, status text, version integer, payment text, fulfilment text, preparation text, ready_at_ms bigint,
    paid boolean, customer_id uuid, merchant_id uuid, driver_id uuid, is_member boolean, has_offer boolean,
    was_offered boolean, json text
) LANGUAGE sql STABLE AS $$
    SELECT o.id, o.status, o.version, o.payment, o.fulfilment, o.preparation,
        (extract(epoch FROM o.ready_at) * 1000)::bigint, o.paid_at IS NOT NULL, o.customer_id, o.merchant_id, o.driver_id,
        EXISTS (SELECT 1 FROM merchant_members b WHERE b.merchant_id = o.merchant_id AND b.account_id = p_account),
        EXISTS (SELECT 1 FROM offers f WHERE f.driver_id = p_account AND f.order_id = o.id AND f.state = 'OPEN'
            AND f.expires_at > clock_timestamp()),
        EXISTS (SELECT 1 FROM offers f WHERE f.driver_id = p_account AND f.order_id = o.id),
        order_json(o)
    FROM orders o WHERE o.id = p_order
$$;
