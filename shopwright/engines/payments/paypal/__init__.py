"""PayPal: Orders v2, Payments v2 and Disputes v1, by HTTP.

The shopper approves the order on PayPal's page; the shop then captures or authorises it. `custom_id` names the shop's
payment, and each request has a `PayPal-Request-Id` made from it, so that a repeated one is carried out once.
"""
