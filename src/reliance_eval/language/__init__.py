"""Words and numbers, in every language of the toolkit."""
