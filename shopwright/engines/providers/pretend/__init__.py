"""The pretend provider: behaves like a real one (after Stripe's PaymentIntents), moves no money.

What it does is chosen by the token: pretend_ok, pretend_declined, pretend_3ds, pretend_delayed, pretend_lost.
"""
