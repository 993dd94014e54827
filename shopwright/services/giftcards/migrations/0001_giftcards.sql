-- `balance` is the sum of the card's movements; `held` of it is set aside for orders. Days are counted from 1970.
CREATE TABLE cards (
    id TEXT PRIMARY KEY,
    code_hash TEXT NOT NULL UNIQUE,
    last4 TEXT NOT NULL,
    currency TEXT NOT NULL,
    why TEXT NOT NULL,
    issued BIGINT NOT NULL CHECK (issued > 0),
    balance BIGINT NOT NULL CHECK (balance >= 0),
    held BIGINT NOT NULL DEFAULT 0 CHECK (held >= 0),
    issued_at BIGINT NOT NULL,
    issued_by TEXT NOT NULL,
    expires_on BIGINT,
    disabled BIGINT NOT NULL DEFAULT 0,
    recipient TEXT NOT NULL DEFAULT '',
    recipient_key TEXT NOT NULL DEFAULT '',
    order_id TEXT NOT NULL DEFAULT '',
    request TEXT UNIQUE,
    CHECK (held <= balance)
);
CREATE INDEX cards_last4 ON cards (last4);
CREATE INDEX cards_recipient ON cards (recipient_key);

CREATE TABLE movements (
    id TEXT PRIMARY KEY,
    card_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    amount BIGINT NOT NULL,
    order_id TEXT NOT NULL DEFAULT '',
    who TEXT NOT NULL,
    time BIGINT NOT NULL,
    refund TEXT NOT NULL DEFAULT ''
);
CREATE INDEX movements_card ON movements (card_id, id);
CREATE INDEX movements_order ON movements (order_id);

CREATE TABLE holds (
    order_id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX holds_open ON holds (state, expires_at);

-- What a card pays of an order, and what of that has gone back to it.
CREATE TABLE hold_lines (
    order_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    card_id TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    back BIGINT NOT NULL DEFAULT 0 CHECK (back >= 0),
    PRIMARY KEY (order_id, card_id)
);

-- Refunds to gift cards, each once; movements name them.
CREATE TABLE refunds (
    key TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    amount BIGINT NOT NULL
);

-- The code of a card that its recipient is still to be told by e-mail, encrypted.
CREATE TABLE codes (
    card_id TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    until BIGINT NOT NULL
);

CREATE TABLE guesses (
    key TEXT PRIMARY KEY,
    count BIGINT NOT NULL,
    since BIGINT NOT NULL
);
