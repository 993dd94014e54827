"""`shopwright move`: moves a live shop to other engines.

Rows are copied while the shop sells; triggers record changes, which are copied again. At one moment both sides are
compared whole. Then writes stop for seconds, the last changes are copied, and the shop continues at its new place. The
old place keeps its data, read-only.
"""
