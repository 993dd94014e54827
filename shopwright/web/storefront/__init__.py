"""The shop as shoppers see it: pages that work without JavaScript and are quicker with it."""
