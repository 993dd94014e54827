"""`shopwright move`: a living shop goes from any engines to any others.

Rows are copied while the shop sells; triggers write down which ones change meanwhile, and those are brought again. At one
moment both sides are read whole and must be the same. Then writing ends for seconds, what changed last is brought, and
the shop goes on at its new place. What it came from keeps everything it had, and takes nothing any more.
"""
