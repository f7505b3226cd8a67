"""The items of reporting standards: numbers, labels of our own, and where each was read."""
