"""The pretend provider behaves like a real one (modelled on Stripe's PaymentIntents) and moves no money.

The token selects its behaviour: pretend_ok, pretend_declined, pretend_3ds, pretend_delayed, pretend_lost. The following
pay like pretend_ok and differ afterwards, after three seconds if later:

- pretend_refund_refused: refuses all refunds; pretend_refund_refused_later: accepts, then refuses
- pretend_refund_delayed: settles later; pretend_refund_returned: settles, then the buyer's bank returns the money
- pretend_refunded: half of it is refunded at the provider
- pretend_disputed, pretend_dispute_won, pretend_dispute_lost: the buyer opens a dispute, decided after six seconds
"""
