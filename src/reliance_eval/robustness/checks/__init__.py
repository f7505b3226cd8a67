"""The checks of the toolkit, one file each."""
