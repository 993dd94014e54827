"""The back office: denser pages for staff, each guarded by a permission."""
