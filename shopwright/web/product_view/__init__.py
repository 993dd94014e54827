"""Products as the world sees them: what the catalog says, with price, stock, rating and reasons, in one answer."""
