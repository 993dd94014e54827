"""Bringing a shop in from elsewhere: one importer a file, one mechanism for all.

An importer turns rows into drafts and remarks, and knows nothing of our shop (`shopify.py`, `woocommerce.py`);
`reading.py` turns files into rows, `taking.py` turns drafts into products. docs/guides/importer.md shows how to add one.
"""
