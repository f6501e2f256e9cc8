-- What a socket's CONNECT must know, in one statement and so in one snapshot:
--   snapshot  what was committed before; the account's role, and why it may not connect, if so
--   merchant  the shops whose orders concern it
--   catch_up  the orders it follows from the past: those it named, and open ones it did not (after: the last seq it has)
--   offer     offers that are open to it
-- $1 account, $2 session, $3 orders named and $4 the seq of each, $5 whether it resumes (auth.after was given).
WITH who AS (
    SELECT a.id, a.role,
        CASE WHEN s.id IS NULL OR s.revoked_at IS NOT NULL OR s.expires_at <= clock_timestamp() THEN 'SESSION_REVOKED'
            WHEN a.status <> 'ACTIVE' THEN 'ACCOUNT_LOCKED' END AS refusal
    FROM accounts a LEFT JOIN sessions s ON s.id = $2 AND s.account_id = a.id
    WHERE a.id = $1
), named AS (
    SELECT n.id, max(n.seq) AS seq FROM unnest($3::uuid[], $4::integer[]) AS n (id, seq) GROUP BY n.id
), shops AS (
    SELECT m.merchant_id AS id FROM merchant_members m JOIN who ON who.id = m.account_id AND who.role = 'MERCHANT'
), open_orders AS (
    SELECT o.id FROM orders o JOIN who ON who.role = 'CUSTOMER' AND o.customer_id = who.id
    WHERE $5 AND o.status NOT IN ('CANCELLED', 'DELIVERED', 'RETURNED', 'REFUNDED')
    UNION ALL
    SELECT o.id FROM shops JOIN orders o ON o.merchant_id = shops.id
    WHERE $5 AND o.status NOT IN ('CANCELLED', 'DELIVERED', 'RETURNED', 'REFUNDED')
), -- A driver's part of an order is its assignments: from the last of them, unless the driver has seen one of them begin.
driven AS (
    SELECT a.order_id AS id,
        CASE WHEN n.seq IS NOT NULL AND n.seq >= min(a.accepted_seq) THEN n.seq ELSE max(a.accepted_seq) - 1 END AS after,
        bool_or(a.ended_at IS NULL) AS active, n.id IS NOT NULL AS is_named
    FROM assignments a JOIN who ON who.role = 'DRIVER' AND a.driver_id = who.id LEFT JOIN named n ON n.id = a.order_id
    WHERE $5 AND (a.ended_at IS NULL OR n.id IS NOT NULL)
    GROUP BY a.order_id, n.id, n.seq
), catch_up AS (
    SELECT o.id, coalesce(n.seq, 0) AS after FROM open_orders o LEFT JOIN named n ON n.id = o.id
    UNION
    SELECT n.id, least(n.seq, o.version) FROM named n JOIN orders o ON o.id = n.id JOIN who ON true
    WHERE who.role = 'ADMIN'
        OR who.role = 'CUSTOMER' AND o.customer_id = who.id
        OR who.role = 'MERCHANT' AND o.merchant_id IN (SELECT id FROM shops)
    UNION
    SELECT d.id, d.after FROM driven d WHERE d.active OR d.is_named
)
SELECT 'snapshot' AS kind, who.id, NULL::integer AS after, pg_current_snapshot()::text AS detail, who.role AS json,
    who.refusal AS state, NULL::xid8 AS xid, NULL::uuid AS order_id
FROM who
UNION ALL
SELECT 'merchant', shops.id, NULL, NULL, NULL, NULL, NULL, NULL FROM shops
UNION ALL
SELECT 'catch_up', c.id, c.after, NULL, NULL, NULL, NULL, NULL FROM catch_up c
UNION ALL
SELECT 'offer', f.id, NULL, NULL, offer_json(f), f.state, f.xid, f.order_id
FROM offers f JOIN who ON who.role = 'DRIVER' AND f.driver_id = who.id
WHERE f.state = 'OPEN' AND f.expires_at > clock_timestamp();
