-- Whether shoppers wait for their turn: one row, or none. `next_at`: when the next who comes is let in (microseconds).
CREATE TABLE waiting_rooms (
    name TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    per_minute BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    next_at BIGINT NOT NULL
);
