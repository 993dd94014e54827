"""Stripe, by its official library: PaymentIntents of tokens, and hosted Checkout for shoppers without one.

A `pm_…` token is confirmed at once; 3-D Secure continues on the shop's own page, which loads Stripe.js. Without a token
the shopper pays on Stripe's page (a Checkout Session). Idempotency keys derive from the payment, and `metadata` names
it and the shop, so that notices of another shop with the same account are recognised.
"""
