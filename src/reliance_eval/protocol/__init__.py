"""The protocol: one TOML file, read once, that drives every act."""

from reliance_eval.protocol.protocol import Protocol
from reliance_eval.protocol.reading import read_protocol

__all__ = ["Protocol", "read_protocol"]
