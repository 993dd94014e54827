"""Products as shown to the outside: catalog data with price, stock and rating, composed from several services."""
