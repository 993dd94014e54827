CREATE TABLE payments (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    order_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    token TEXT NOT NULL,
    return_url TEXT NOT NULL,
    reference TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    currency TEXT NOT NULL,
    refunded BIGINT NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= amount),
    reason TEXT NOT NULL DEFAULT '',
    redirect_url TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    ask_at BIGINT
);
CREATE INDEX payments_order ON payments (order_id, id);
CREATE INDEX payments_reference ON payments (provider, reference);
CREATE INDEX payments_undecided ON payments (ask_at);

CREATE TABLE refunds (
    key TEXT PRIMARY KEY,
    payment_id TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    state TEXT NOT NULL
);
CREATE INDEX refunds_payment ON refunds (payment_id);
CREATE INDEX refunds_state ON refunds (state);

-- Double entry: the rows of one entry add up to nothing.
CREATE TABLE ledger (
    entry TEXT NOT NULL,
    account TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    time BIGINT NOT NULL,
    PRIMARY KEY (entry, account)
);
CREATE INDEX ledger_payment ON ledger (payment_id);
