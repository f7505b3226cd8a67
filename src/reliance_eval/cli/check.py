"""``check``: protocol, worked cases and extracts, all faults at once."""

from __future__ import annotations

from reliance_eval.cli.session import (
    HERE,
    DebugOption,
    JsonOption,
    LangOption,
    QuietOption,
    StudyOption,
    begin,
)


def check(
    study: StudyOption = HERE,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Check everything that can be checked before the next act."""
    session = begin(study, lang, json=as_json, quiet=quiet, debug=debug)
    from reliance_eval.study import check_study

    with session.step(session.say("check.reading")):
        records = check_study(study)
    session.results["deliveries"] = [
        {"extract": r.extract, "path": r.path, "rows": r.rows, "sha256": r.sha256} for r in records
    ]
    for record in records:
        values = {"extract": record.extract, "path": record.path, "rows": f"{record.rows:,}"}
        session.result(session.say("check.delivery", **values))
    session.result(session.say("check.done"))
    session.leave()
