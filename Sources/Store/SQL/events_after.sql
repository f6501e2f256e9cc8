-- Events of several orders, each past a seq, with their audiences as of their commits. $1 orders, $2 the seq of each.
SELECT e.order_id, e.seq, e.type AS code, e.status AS detail, order_event_json(e) AS json, e.customer_id, e.merchant_id, e.driver_id,
    e.previous_driver_id, e.correlation_id, e.xid
FROM unnest($1::uuid[], $2::integer[]) AS wanted (order_id, seq)
    JOIN order_events e ON e.order_id = wanted.order_id AND e.seq > wanted.seq
ORDER BY e.order_id, e.seq;
