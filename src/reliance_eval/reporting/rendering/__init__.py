"""Writers: one document, several forms."""
