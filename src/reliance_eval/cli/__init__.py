"""The command line: one module a command, no computation."""

from __future__ import annotations

from reliance_eval.cli.application import app, main

__all__ = ["app", "main"]
