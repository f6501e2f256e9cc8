-- Merchants and products. Creating goes through the idempotency rows like every creating request.

CREATE FUNCTION create_merchant(
    p_id uuid, p_owner uuid, p_name text, p_kind text, p_lat double precision, p_lng double precision, p_address text,
    p_currency text, p_location text, p_route text, p_key text, p_body_hash bytea
) RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE
    v_replay change;
    m merchants;
BEGIN
    SELECT * INTO v_replay FROM idempotency_check(p_owner, p_route, p_key, p_body_hash);
    IF FOUND THEN RETURN NEXT v_replay; RETURN; END IF;
    INSERT INTO merchants (id, name, kind, location, address, currency)
    VALUES (p_id, p_name, p_kind, place(p_lat, p_lng), p_address, p_currency) RETURNING * INTO m;
    INSERT INTO merchant_members (merchant_id, account_id, role) VALUES (p_id, p_owner, 'OWNER');
    PERFORM idempotency_store(p_owner, p_route, p_key, p_body_hash, 201, p_location, NULL, merchant_json(m));
    RETURN NEXT done(merchant_json(m), p_location, 201);
END $$;

-- null leaves a field as it is, but for the address, which p_set_address says is meant. The currency stays as it is: the
-- products bear it.
CREATE FUNCTION update_merchant(
    p_id uuid, p_name text, p_kind text, p_lat double precision, p_lng double precision, p_set_address boolean,
    p_address text
) RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE m merchants;
BEGIN
    UPDATE merchants SET name = coalesce(p_name, name), kind = coalesce(p_kind, kind),
        location = CASE WHEN p_lat IS NULL THEN location ELSE place(p_lat, p_lng) END,
        address = CASE WHEN p_set_address THEN p_address ELSE address END, updated_at = clock_timestamp()
    WHERE id = p_id AND deleted_at IS NULL RETURNING * INTO m;
    IF NOT FOUND THEN RETURN NEXT refused('NOT_FOUND'); RETURN; END IF;
    RETURN NEXT done(merchant_json(m));
END $$;

-- Its orders keep it; it is no longer found, and takes no more orders.
CREATE FUNCTION delete_merchant(p_id uuid) RETURNS boolean LANGUAGE sql VOLATILE AS $$
    WITH gone AS (
        UPDATE merchants SET deleted_at = clock_timestamp(), updated_at = clock_timestamp()
        WHERE id = p_id AND deleted_at IS NULL RETURNING id
    ) SELECT EXISTS (SELECT 1 FROM gone)
$$;

-- One merchant, and whether the account belongs to it.
CREATE FUNCTION read_merchant(p_id uuid, p_account uuid) RETURNS TABLE (
    id uuid, currency text, is_member boolean, json text
) LANGUAGE sql STABLE AS $$
    SELECT m.id, m.currency::text, EXISTS (SELECT 1 FROM merchant_members b WHERE b.merchant_id = m.id
        AND b.account_id = p_account), merchant_json(m)
    FROM merchants m WHERE m.id = p_id AND m.deleted_at IS NULL
$$;

-- Nearest first when a place is given (p_radius null: as far as it takes), else newest first. The cursor of the former is
-- distance and id, so that equally distant ones are not lost between pages.
CREATE FUNCTION list_merchants(
    p_lat double precision, p_lng double precision, p_radius double precision, p_kind text, p_query text,
    p_after_meters double precision, p_after uuid, p_limit integer
) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        WITH matching AS NOT MATERIALIZED (
            SELECT m, m.id, m.location FROM merchants m
            WHERE m.deleted_at IS NULL AND (p_kind IS NULL OR m.kind = p_kind)
                AND (p_query IS NULL OR m.name ILIKE '%' || like_literal(p_query) || '%')
        ), newest AS (
            SELECT x.m, NULL::double precision AS meters, x.id FROM matching x
            WHERE p_lat IS NULL AND (p_after IS NULL OR x.id < p_after)
            ORDER BY x.id DESC LIMIT p_limit + 1
        ), reach AS MATERIALIZED (
            SELECT max(n.meters) AS meters FROM (
                SELECT ST_Distance(x.location::geography, place(p_lat, p_lng)::geography) AS meters FROM matching x
                WHERE p_lat IS NOT NULL
                    AND (p_radius IS NULL OR x.location && search_box(p_lat, p_lng, p_radius)
                        AND ST_Distance(x.location::geography, place(p_lat, p_lng)::geography) <= p_radius)
                    AND (ST_Distance(x.location::geography, place(p_lat, p_lng)::geography), x.id)
                        > (coalesce(p_after_meters, -1), coalesce(p_after, '00000000-0000-0000-0000-000000000000'))
                ORDER BY x.location <-> place(p_lat, p_lng) LIMIT p_limit + 1) n
        ), nearest AS (
            SELECT x.m, ST_Distance(x.location::geography, place(p_lat, p_lng)::geography) AS meters, x.id FROM matching x
            WHERE p_lat IS NOT NULL AND x.location && search_box(p_lat, p_lng, (SELECT meters FROM reach))
                AND ST_Distance(x.location::geography, place(p_lat, p_lng)::geography) <= (SELECT meters FROM reach)
                AND (ST_Distance(x.location::geography, place(p_lat, p_lng)::geography), x.id)
                    > (coalesce(p_after_meters, -1), coalesce(p_after, '00000000-0000-0000-0000-000000000000'))
            ORDER BY 2, 3 LIMIT p_limit + 1
        ), page AS (
            SELECT row_number() OVER (ORDER BY id DESC) AS n, * FROM newest
            UNION ALL SELECT row_number() OVER (ORDER BY meters, id) AS n, * FROM nearest
        )
        SELECT concat('{"data":[', string_agg(merchant_json(m, meters), ',' ORDER BY n) FILTER (WHERE n <= p_limit),
            '],"nextCursor":', CASE WHEN count(*) > p_limit
                THEN json_plain((array_agg(concat_ws('_', meters::text, id::text)) FILTER (WHERE n = p_limit))[1])
                ELSE 'null' END, '}')
        FROM page
    );
END $$;

CREATE FUNCTION create_product(
    p_id uuid, p_account uuid, p_merchant uuid, p_name text, p_price bigint, p_currency text, p_stock integer,
    p_available boolean, p_location text, p_route text, p_key text, p_body_hash bytea
) RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE
    v_replay change;
    m merchants;
    p products;
BEGIN
    SELECT * INTO v_replay FROM idempotency_check(p_account, p_route, p_key, p_body_hash);
    IF FOUND THEN RETURN NEXT v_replay; RETURN; END IF;
    SELECT * INTO m FROM merchants WHERE id = p_merchant AND deleted_at IS NULL;
    IF NOT FOUND THEN RETURN NEXT refused('NOT_FOUND'); RETURN; END IF;
    IF m.currency <> p_currency THEN RETURN NEXT refused('CURRENCY_MISMATCH', m.currency); RETURN; END IF;
    INSERT INTO products (id, merchant_id, name, price, currency, stock, available)
    VALUES (p_id, p_merchant, p_name, p_price, p_currency, p_stock, p_available) RETURNING * INTO p;
    PERFORM idempotency_store(p_account, p_route, p_key, p_body_hash, 201, p_location, NULL, product_json(p));
    RETURN NEXT done(product_json(p), p_location, 201);
END $$;

-- null leaves a field as it is, but for the stock, which p_set_stock says is meant (null: unlimited).
CREATE FUNCTION update_product(
    p_id uuid, p_merchant uuid, p_name text, p_price bigint, p_set_stock boolean, p_stock integer, p_available boolean
) RETURNS SETOF change LANGUAGE plpgsql AS $$
DECLARE p products;
BEGIN
    UPDATE products SET name = coalesce(p_name, name), price = coalesce(p_price, price),
        stock = CASE WHEN p_set_stock THEN p_stock ELSE stock END, available = coalesce(p_available, available),
        updated_at = clock_timestamp()
    WHERE id = p_id AND merchant_id = p_merchant AND deleted_at IS NULL RETURNING * INTO p;
    IF NOT FOUND THEN RETURN NEXT refused('NOT_FOUND'); RETURN; END IF;
    RETURN NEXT done(product_json(p));
END $$;

CREATE FUNCTION delete_product(p_id uuid, p_merchant uuid) RETURNS boolean LANGUAGE sql VOLATILE AS $$
    WITH gone AS (
        UPDATE products SET deleted_at = clock_timestamp(), updated_at = clock_timestamp()
        WHERE id = p_id AND merchant_id = p_merchant AND deleted_at IS NULL RETURNING id
    ) SELECT EXISTS (SELECT 1 FROM gone)
$$;

CREATE FUNCTION read_product(p_id uuid, p_merchant uuid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT product_json(p) FROM products p WHERE p.id = p_id AND p.merchant_id = p_merchant AND p.deleted_at IS NULL
$$;

-- Of one merchant (p_merchant) or of all; oldest first.
CREATE FUNCTION list_products(p_merchant uuid, p_query text, p_after uuid, p_limit integer) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        WITH page AS (
            SELECT p, p.id FROM products p JOIN merchants m ON m.id = p.merchant_id
            WHERE p.deleted_at IS NULL AND m.deleted_at IS NULL AND (p_merchant IS NULL OR p.merchant_id = p_merchant)
                AND (p_query IS NULL OR p.name ILIKE '%' || like_literal(p_query) || '%')
                AND (p_after IS NULL OR p.id > p_after)
            ORDER BY p.id LIMIT p_limit + 1
        ), numbered AS (SELECT page.p, page.id, row_number() OVER (ORDER BY page.id) AS n FROM page)
        SELECT concat('{"data":[', string_agg(product_json(p), ',' ORDER BY n) FILTER (WHERE n <= p_limit),
            '],"nextCursor":', CASE WHEN count(*) > p_limit
                THEN json_plain((array_agg(id::text) FILTER (WHERE n = p_limit))[1]) ELSE 'null' END, '}')
        FROM numbered
    );
END $$;
