"""Times from the draw to an event: curves, hazards, restricted means."""
