"""Effects through time: month by month since the draw, and before it as a placebo."""
