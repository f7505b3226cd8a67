"""What was planned and what was done, subject by subject."""
