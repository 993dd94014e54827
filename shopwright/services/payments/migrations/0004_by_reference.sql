-- Staff look for an order by the name its payment has at the provider, whichever provider it was.
CREATE INDEX payments_by_reference ON payments (reference);
