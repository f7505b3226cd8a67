"""Whether an effect differs between groups of people."""
