"""Extracts: what an administration delivered, read in one pass, never written to."""

from reliance_eval.extract.reading import open_extract, read_extract, read_extracts
from reliance_eval.extract.recorded import DeliveryRecord
from reliance_eval.extract.tables import Extract

__all__ = ["DeliveryRecord", "Extract", "open_extract", "read_extract", "read_extracts"]
