"""Distributions of amounts, counts and scores, in bands that hold enough people in every arm."""
