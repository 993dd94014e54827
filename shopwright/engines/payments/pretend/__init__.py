"""The pretend provider: behaves like a real one (after Stripe's PaymentIntents), moves no money.

What it does is chosen by the token: pretend_ok, pretend_declined, pretend_3ds, pretend_delayed, pretend_lost. Those that follow
pay like pretend_ok, and differ in what comes after it, three seconds later where it comes later:

- pretend_refund_refused: says no to every refund; pretend_refund_refused_later: takes it, and says no then
- pretend_refund_delayed: takes it, and pays then; pretend_refund_returned: pays, and the buyer's bank sends the money back
- pretend_refunded: half of it is refunded on the provider's own page
- pretend_disputed, pretend_dispute_won, pretend_dispute_lost: the buyer objects at their bank; six seconds later it is decided
"""
