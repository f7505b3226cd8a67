"""What only the authors can state: the clause ``[statements]`` of a protocol."""

from __future__ import annotations

from reliance_eval.protocol.clause import Clause, Text


class Statements(Clause):
    """What a run cannot know, and a standard of reporting asks the authors for.

    A value is words by language; those that need no translation may stand under one language.
    """

    consort: dict[str, Text] = {}
    """By item of CONSORT 2025: `"5b" = { fr = "...", en = "..." }`; for the report."""
    spirit: dict[str, Text] = {}
    """By item of SPIRIT 2025; for the plan."""
    registry: dict[str, Text] = {}
    """By field of the AEA registry, as `reliance-eval plan` names them; for the plan."""
    accessibility: Text = {}
    """Who publishes the report, and where to write about its accessibility."""
