"""The arms before the offer: lines of a table, how far apart they are, and two joint tests."""
