"""``check``: protocol, worked cases and extracts, all faults at once."""

from __future__ import annotations

from reliance_eval.cli.session import (
    HERE,
    DebugOption,
    JsonOption,
    LangOption,
    QuietOption,
    StrictOption,
    StudyOption,
    begin,
)
from reliance_eval.cli.tabulating import aligned
from reliance_eval.language.numbers import Numbers


def check(
    study: StudyOption = HERE,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    strict: StrictOption = False,
    debug: DebugOption = False,
) -> None:
    """Check everything that can be checked before the next act."""
    session = begin(study, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
    from reliance_eval.study import check_study

    with session.step(session.say("check.reading")):
        records = check_study(study)
    session.results["deliveries"] = [
        {"extract": r.extract, "path": r.path, "rows": r.rows, "sha256": r.sha256} for r in records
    ]
    numbers = Numbers(session.language)
    rows = [
        [r.extract, r.path, session.say("check.rows", n=numbers.integer(r.rows))] for r in records
    ]
    if rows:
        session.result(aligned(rows, numbers=[2]))
    session.result(session.say("check.done"))
    session.leave()
