-- The first schema: accounts, catalogue, orders with their event log, drivers, matching, due work.
-- All times are the database's own. Ids are UUIDv7, made by the node that asks. Rows bear an organization.
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE organizations (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO organizations (id, name) VALUES ('00000000-0000-7000-8000-000000000001', 'default');

-- xid is set when the role or the status changes, so that the feed carries it to the sockets.
CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT '00000000-0000-7000-8000-000000000001' REFERENCES organizations,
    email text NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL CHECK (role IN ('ADMIN', 'CUSTOMER', 'DRIVER', 'MERCHANT')),
    status text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'LOCKED')),
    locale text NOT NULL DEFAULT 'en',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    xid xid8
);
CREATE UNIQUE INDEX accounts_email ON accounts (lower(email));
CREATE INDEX accounts_xid ON accounts (xid) WHERE xid IS NOT NULL;

-- A refresh token is known by its hash. After a rotation the predecessor stays good for a short while (a lost
-- answer); used then, the successor that may have been lost stays good as `alternate_hash` until the next rotation.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    refresh_hash bytea NOT NULL,
    alternate_hash bytea,
    previous_hash bytea,
    rotated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    reason text,
    xid xid8
) WITH (fillfactor = 80);
CREATE INDEX sessions_account ON sessions (account_id) WHERE revoked_at IS NULL;
CREATE INDEX sessions_xid ON sessions (xid) WHERE xid IS NOT NULL;

CREATE TABLE merchants (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT '00000000-0000-7000-8000-000000000001' REFERENCES organizations,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('RESTAURANT', 'STORE', 'WAREHOUSE')),
    location geometry(Point, 4326) NOT NULL,
    address text,
    currency char(3) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    deleted_at timestamptz
);
CREATE INDEX merchants_place ON merchants USING gist (location) WHERE deleted_at IS NULL;
CREATE INDEX merchants_name ON merchants USING gin (name gin_trgm_ops) WHERE deleted_at IS NULL;

CREATE TABLE merchant_members (
    merchant_id uuid NOT NULL REFERENCES merchants,
    account_id uuid NOT NULL REFERENCES accounts,
    role text NOT NULL DEFAULT 'OWNER' CHECK (role IN ('OWNER', 'MEMBER')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (merchant_id, account_id)
);
CREATE INDEX merchant_members_account ON merchant_members (account_id);
CREATE INDEX merchant_members_xid ON merchant_members (xid);

-- The bound on price keeps an order's total (100 lines of 999) inside a bigint.
CREATE TABLE products (
    id uuid PRIMARY KEY,
    merchant_id uuid NOT NULL REFERENCES merchants,
    name text NOT NULL,
    price bigint NOT NULL CHECK (price BETWEEN 0 AND 1000000000000),
    currency char(3) NOT NULL,
    stock integer CHECK (stock >= 0),
    available boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    deleted_at timestamptz
) WITH (fillfactor = 80);
CREATE INDEX products_merchant ON products (merchant_id, id) WHERE deleted_at IS NULL;
CREATE INDEX products_name ON products USING gin (name gin_trgm_ops) WHERE deleted_at IS NULL;

-- `load` counts assigned orders. No column that an accept changes is indexed, so its update stays on the page.
CREATE TABLE drivers (
    id uuid PRIMARY KEY REFERENCES accounts,
    organization_id uuid NOT NULL DEFAULT '00000000-0000-7000-8000-000000000001' REFERENCES organizations,
    available boolean NOT NULL DEFAULT false,
    vehicle text NOT NULL DEFAULT 'BIKE' CHECK (vehicle IN ('BIKE', 'SCOOTER', 'CAR', 'VAN')),
    capacity integer NOT NULL DEFAULT 1 CHECK (capacity BETWEEN 1 AND 10),
    load integer NOT NULL DEFAULT 0 CHECK (load >= 0),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 60);

-- Apart from drivers, so that positions and accepts never wait for one another. `at` is the device's time, not
-- later than ours; `received_at` and `seen_at` (an open socket) are ours, and say whether the driver is alive.
CREATE TABLE driver_positions (
    driver_id uuid PRIMARY KEY REFERENCES drivers,
    location geometry(Point, 4326),
    heading real,
    speed real,
    accuracy real,
    at timestamptz,
    received_at timestamptz,
    seen_at timestamptz,
    node text
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
CREATE INDEX driver_positions_place ON driver_positions USING gist (location);

CREATE TABLE orders (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT '00000000-0000-7000-8000-000000000001' REFERENCES organizations,
    short_code text NOT NULL,
    customer_id uuid NOT NULL REFERENCES accounts,
    merchant_id uuid NOT NULL REFERENCES merchants,
    driver_id uuid REFERENCES drivers,
    status text NOT NULL CHECK (status IN ('PENDING', 'PAID', 'MATCHING', 'UNASSIGNED', 'ACCEPTED',
        'DRIVER_ARRIVING', 'PICKED_UP', 'FAILED', 'PROCESSED', 'SHIPPED', 'DELIVERED', 'RETURNED', 'CANCELLED',
        'REFUNDED')),
    version integer NOT NULL,
    fulfilment text NOT NULL CHECK (fulfilment IN ('DELIVERY', 'PARCEL')),
    payment text NOT NULL CHECK (payment IN ('CASH', 'CARD')),
    total bigint NOT NULL,
    currency char(3) NOT NULL,
    pickup geometry(Point, 4326) NOT NULL,
    pickup_address text,
    dropoff geometry(Point, 4326) NOT NULL,
    dropoff_address text,
    dropoff_note text,
    dropoff_contact json,
    preparation text NOT NULL DEFAULT 'WAITING' CHECK (preparation IN ('WAITING', 'PREPARING', 'READY')),
    ready_at timestamptz,
    paid_at timestamptz,
    external_id text,
    metadata json NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX orders_customer ON orders (customer_id, id);
CREATE INDEX orders_merchant ON orders (merchant_id, id);
CREATE INDEX orders_driver ON orders (driver_id, id) WHERE driver_id IS NOT NULL;
CREATE INDEX orders_status ON orders (status, id);
CREATE INDEX orders_unassigned_place ON orders USING gist (pickup) WHERE status = 'UNASSIGNED';

-- reserved: the product counted its stock when it was ordered, so a cancel returns it.
CREATE TABLE order_items (
    order_id uuid NOT NULL REFERENCES orders,
    line smallint NOT NULL,
    product_id uuid NOT NULL REFERENCES products,
    name text NOT NULL,
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 999),
    unit_price bigint NOT NULL,
    reserved boolean NOT NULL,
    PRIMARY KEY (order_id, line)
);

-- The log and the feed. seq is the order's version, raised under its row lock, so commit order is seq order.
-- The audience is as of the commit: driver_id has the order after the event, previous_driver_id loses it by the event.
CREATE TABLE order_events (
    order_id uuid NOT NULL REFERENCES orders,
    seq integer NOT NULL,
    type text NOT NULL,
    status text NOT NULL,
    at timestamptz NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    data json NOT NULL DEFAULT '{}',
    customer_id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    driver_id uuid,
    previous_driver_id uuid,
    correlation_id text,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (order_id, seq)
);
CREATE INDEX order_events_xid ON order_events (xid);

-- What matching knows of an order; apart from orders, so that its steps do not rewrite the wide row and its indexes.
-- wake_at: the step is due (MATCHING only). recheck_at: look again whether somebody is free (UNASSIGNED only).
-- Whoever sets wake_at raises step; `round` never starts anew, `tries_used` does with each entry into MATCHING.
CREATE TABLE matchings (
    order_id uuid PRIMARY KEY REFERENCES orders,
    wake_at timestamptz,
    recheck_at timestamptz,
    step integer NOT NULL DEFAULT 0,
    tries_used integer NOT NULL DEFAULT 0,
    retry_at timestamptz,
    round integer NOT NULL DEFAULT 1,
    entered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    correlation_id text
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX matchings_wake_at ON matchings (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX matchings_recheck_at ON matchings (recheck_at) WHERE recheck_at IS NOT NULL;

CREATE TABLE offers (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders,
    driver_id uuid NOT NULL REFERENCES drivers,
    round integer NOT NULL,
    state text NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'ACCEPTED', 'REJECTED', 'EXPIRED', 'WITHDRAWN')),
    reason text,
    order_version integer NOT NULL,
    distance_meters double precision NOT NULL,
    payout bigint NOT NULL,
    currency char(3) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    answered_at timestamptz,
    correlation_id text,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id()
) WITH (fillfactor = 80);
CREATE INDEX offers_order_driver ON offers (order_id, driver_id, created_at);
CREATE UNIQUE INDEX offers_open ON offers (driver_id, order_id) WHERE state = 'OPEN';
CREATE INDEX offers_xid ON offers (xid);

-- Who had an order, from which event to which.
CREATE TABLE assignments (
    order_id uuid NOT NULL REFERENCES orders,
    driver_id uuid NOT NULL REFERENCES drivers,
    offer_id uuid,
    round integer NOT NULL,
    state text NOT NULL DEFAULT 'ACTIVE'
        CHECK (state IN ('ACTIVE', 'COMPLETED', 'RETURNED', 'CANCELLED', 'RELEASED', 'TAKEN', 'LOST')),
    accepted_seq integer NOT NULL,
    accepted_at timestamptz NOT NULL,
    ended_seq integer,
    ended_at timestamptz,
    PRIMARY KEY (order_id, accepted_seq)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX assignments_active ON assignments (driver_id, order_id) WHERE ended_at IS NULL;
CREATE INDEX assignments_order_driver ON assignments (order_id, driver_id);

-- Why a matching step did what it did; what the drivers answered stands in their offers.
CREATE TABLE decisions (
    order_id uuid NOT NULL REFERENCES orders,
    step integer NOT NULL,
    round integer NOT NULL,
    tries_used integer NOT NULL,
    at timestamptz NOT NULL,
    outcome text NOT NULL,
    radius_meters double precision NOT NULL,
    candidates json NOT NULL,
    wake_at timestamptz,
    PRIMARY KEY (order_id, step)
);

-- READY jobs wait until run_at; a claimed one is READY with a lease (run_at = its end). Finished rows are deleted.
-- `position` is the line: for one key only the head is given out.
CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    position bigint GENERATED ALWAYS AS IDENTITY,
    queue text NOT NULL,
    key text,
    payload json NOT NULL,
    state text NOT NULL DEFAULT 'READY' CHECK (state IN ('READY', 'DEAD')),
    run_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempt integer NOT NULL DEFAULT 0,
    lease_until timestamptz,
    leased_by text,
    last_error text,
    correlation_id text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX jobs_due ON jobs (queue, run_at) WHERE state = 'READY';
CREATE INDEX jobs_line ON jobs (queue, key, position) WHERE state = 'READY' AND key IS NOT NULL;
CREATE INDEX jobs_dead ON jobs (queue, position) WHERE state = 'DEAD';

-- A row is written in the transaction that its answer reports, so a row that is there is a committed answer.
CREATE TABLE idempotency_keys (
    account_id uuid NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    status integer NOT NULL,
    location text,
    version integer,
    body text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, route, key)
);
CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);

-- returned_at: the first beat after a gap; the silence of this node's drivers does not run from before it.
CREATE TABLE nodes (
    name text PRIMARY KEY,
    epoch text NOT NULL,
    version text NOT NULL DEFAULT '',
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    beat_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    returned_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);
