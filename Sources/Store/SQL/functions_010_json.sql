-- JSON resources in the contract's shapes, written as text: member order stays, and no document is built to be
-- thrown away. A function whose body is one expression is written in SQL, so that the planner takes it into the query
-- that calls it; what reads tables is in PL/pgSQL, which keeps its plan for the session: in SQL it would be planned at
-- each call.

-- RFC 3339, UTC, milliseconds (truncated, so that no answer lies ahead of the clock).
CREATE FUNCTION rfc3339(at timestamptz) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

CREATE FUNCTION json_text(value text) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT coalesce(to_json(value)::text, 'null') $$;

-- What somebody typed, as a literal inside a LIKE pattern.
CREATE FUNCTION like_literal(value text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT replace(replace(replace(value, '\', '\\'), '%', '\%'), '_', '\_') $$;

-- For values that need no escaping: ids, codes of ours.
CREATE FUNCTION json_plain(value text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT coalesce('"' || value || '"', 'null') $$;

CREATE FUNCTION json_time(at timestamptz) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT coalesce('"' || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"', 'null') $$;

CREATE FUNCTION order_event_json(e order_events) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat(
        '{"orderId":"', e.order_id, '","seq":', e.seq, ',"type":"', e.type, '","status":"', e.status,
        '","at":"', rfc3339(e.at), '","actor":{"kind":"', e.actor_kind, '","id":', json_plain(e.actor_id::text),
        '},"data":', e.data::text,
        ',"correlationId":"' || e.correlation_id || '"', '}')
$$;

CREATE FUNCTION order_items_json(p_order uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT concat('[', string_agg(
            concat('{"productId":"', i.product_id, '","name":', json_text(i.name), ',"quantity":', i.quantity,
                ',"unitPrice":', i.unit_price, '}'), ',' ORDER BY i.line), ']')
        FROM order_items i WHERE i.order_id = p_order
    );
END $$;

CREATE FUNCTION order_json(o orders) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat(
        '{"id":"', o.id, '","shortCode":"', o.short_code, '","status":"', o.status, '","version":', o.version,
        ',"fulfilment":"', o.fulfilment, '","payment":"', o.payment, '","total":', o.total,
        ',"currency":"', o.currency, '","items":', order_items_json(o.id),
        ',"merchantId":"', o.merchant_id, '","customerId":"', o.customer_id,
        '","driverId":', json_plain(o.driver_id::text),
        ',"pickup":{"lat":', ST_Y(o.pickup), ',"lng":', ST_X(o.pickup), ',"address":', json_text(o.pickup_address),
        '},"dropoff":{"lat":', ST_Y(o.dropoff), ',"lng":', ST_X(o.dropoff),
        ',"address":', json_text(o.dropoff_address), ',"note":', json_text(o.dropoff_note),
        ',"contact":', coalesce(o.dropoff_contact::text, 'null'),
        '},"preparation":{"state":"', o.preparation, '","readyAt":', json_time(o.ready_at),
        '},"externalId":', json_text(o.external_id), ',"metadata":', o.metadata::text,
        ',"createdAt":"', rfc3339(o.created_at), '","updatedAt":"', rfc3339(o.updated_at), '"}')
$$;

-- What a driver is offered. expiresInMs is as of the call, by the clock that decides, never below 0.
CREATE FUNCTION offer_json(f offers) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT concat(
            '{"offerId":"', f.id, '","orderId":"', f.order_id,
            '","merchant":{"id":"', m.id, '","name":', json_text(m.name), ',"kind":"', m.kind,
            '"},"pickup":{"lat":', ST_Y(o.pickup), ',"lng":', ST_X(o.pickup), ',"address":', json_text(o.pickup_address),
            '},"dropoff":{"lat":', ST_Y(o.dropoff), ',"lng":', ST_X(o.dropoff),
            ',"address":', json_text(o.dropoff_address),
            '},"distanceMeters":', round(f.distance_meters::numeric, 1), ',"payout":', f.payout,
            ',"currency":"', f.currency, '","expiresAt":"', rfc3339(f.expires_at),
            '","expiresInMs":', greatest(0, floor(extract(epoch FROM f.expires_at - clock_timestamp()) * 1000))::bigint,
            '}')
        FROM orders o JOIN merchants m ON m.id = o.merchant_id WHERE o.id = f.order_id
    );
END $$;

CREATE FUNCTION offer_withdrawn_json(f offers) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat('{"offerId":"', f.id, '","orderId":"', f.order_id, '","reason":"',
        CASE WHEN f.state = 'WITHDRAWN' THEN f.reason ELSE 'EXPIRED' END, '"}')
$$;

CREATE FUNCTION account_json(a accounts) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat(
        '{"id":"', a.id, '","email":', json_text(a.email), ',"name":', json_text(a.name), ',"role":"', a.role,
        '","status":"', a.status, '","locale":', json_text(a.locale),
        ',"createdAt":"', rfc3339(a.created_at), '","updatedAt":"', rfc3339(a.updated_at), '"}')
$$;

CREATE FUNCTION merchant_json(m merchants, p_distance double precision DEFAULT NULL) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat(
        '{"id":"', m.id, '","name":', json_text(m.name), ',"kind":"', m.kind,
        '","location":{"lat":', ST_Y(m.location), ',"lng":', ST_X(m.location), '},"address":', json_text(m.address),
        ',"currency":"', m.currency,
        '","createdAt":"', rfc3339(m.created_at), '","updatedAt":"', rfc3339(m.updated_at), '"',
        ',"distanceMeters":' || round(p_distance::numeric, 1), '}')
$$;

CREATE FUNCTION product_json(p products) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat(
        '{"id":"', p.id, '","merchantId":"', p.merchant_id, '","name":', json_text(p.name), ',"price":', p.price,
        ',"currency":"', p.currency, '","stock":', coalesce(p.stock::text, 'null'), ',"available":', p.available::text,
        ',"createdAt":"', rfc3339(p.created_at), '","updatedAt":"', rfc3339(p.updated_at), '"}')
$$;

CREATE FUNCTION driver_json(d drivers) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT concat(
            '{"id":"', d.id, '","name":', json_text(a.name), ',"available":', d.available::text, ',"vehicle":"', d.vehicle,
            '","capacity":', d.capacity, ',"load":', d.load,
            ',"location":', CASE WHEN p.location IS NULL THEN 'null' ELSE concat(
                '{"lat":', ST_Y(p.location), ',"lng":', ST_X(p.location), ',"heading":', coalesce(p.heading::text, 'null'),
                ',"speed":', coalesce(p.speed::text, 'null'), ',"at":"', rfc3339(p.at), '"}') END,
            ',"updatedAt":"', rfc3339(d.updated_at), '"}')
        FROM accounts a LEFT JOIN driver_positions p ON p.driver_id = d.id WHERE a.id = d.id
    );
END $$;
