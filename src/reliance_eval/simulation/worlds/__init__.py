"""The worlds a protocol may name, one module each."""
