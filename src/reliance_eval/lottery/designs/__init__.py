"""The designs a protocol may name, one file each."""
