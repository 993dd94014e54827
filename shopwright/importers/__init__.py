"""Importers of other shop systems' data: one file each, one mechanism for all.

An importer turns rows into drafts and issues, and knows nothing of our shop (`shopify.py`, `woocommerce.py`);
`reading.py` turns files into rows, `product_importer.py` drafts into products. docs/guides/importer.md shows how to add one.
"""
