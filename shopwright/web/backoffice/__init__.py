"""The shop as staff see it: denser, the same family, every page guarded by a permission."""
