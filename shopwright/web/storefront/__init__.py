"""The storefront: pages that work without JavaScript and are quicker with it."""
