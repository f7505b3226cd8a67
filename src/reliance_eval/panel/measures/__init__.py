"""One module a measure: adding a file adds a measure to the protocol's admissible names."""
