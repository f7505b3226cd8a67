"""Holding the lottery again: what an estimator would have found, had chance decided otherwise."""
