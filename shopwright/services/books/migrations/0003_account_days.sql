-- The days on which an account moves: where its entries are looked for.
CREATE INDEX day_sums_account ON day_sums (account, day);
