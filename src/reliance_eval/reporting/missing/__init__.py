"""What the report says of missing outcomes: for whom, why, and what they could hide."""
