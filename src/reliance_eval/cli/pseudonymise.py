"""``pseudonymise``: the key holder's command, from a delivered file to one with pseudonyms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from reliance_eval.cli.session import (
    HERE,
    DebugOption,
    JsonOption,
    LangOption,
    QuietOption,
    Session,
    StudyOption,
    begin,
)
from reliance_eval.cli.wording import option_text
from reliance_eval.errors import Fault, ProtocolError

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
DOMAINS = ("draw", "analysis")
FORMS = ("plain", "nir")
ENCODINGS = ("utf-8", "cp1252", "latin-1")


def pseudonymise(
    source: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help=option_text("pseudonymise_file"))
    ] = None,
    target: Annotated[
        Path | None, typer.Argument(metavar="[OUTPUT]", help=option_text("pseudonymise_output"))
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", help=option_text("key"))] = None,
    new_key: Annotated[Path | None, typer.Option("--new-key", help=option_text("new_key"))] = None,
    id_column: Annotated[str | None, typer.Option("--id", help=option_text("id_column"))] = None,
    study_id: Annotated[
        str | None, typer.Option("--study-id", help=option_text("study_id"))
    ] = None,
    domain: Annotated[str, typer.Option("--for", help=option_text("domain"))] = "draw",
    form: Annotated[str, typer.Option("--form", help=option_text("id_form"))] = "plain",
    crosswalk: Annotated[
        Path | None, typer.Option("--crosswalk", help=option_text("crosswalk"))
    ] = None,
    bridge: Annotated[Path | None, typer.Option("--bridge", help=option_text("bridge"))] = None,
    drop: Annotated[list[str] | None, typer.Option("--drop", help=option_text("drop"))] = None,
    keep: Annotated[list[str] | None, typer.Option("--keep", help=option_text("keep"))] = None,
    encoding: Annotated[str, typer.Option("--encoding", help=option_text("encoding"))] = "utf-8",
    separator: Annotated[str, typer.Option("--separator", help=option_text("separator"))] = "comma",
    study: StudyOption = HERE,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Replace the file numbers of a delivery by pseudonyms, or make the key for it."""
    session = begin(study, lang, json=as_json, quiet=quiet, debug=debug)
    if new_key is not None:
        _make_key(session, new_key, study)
    if source is not None or new_key is None:
        _choose("--for", domain, DOMAINS)
        _choose("--form", form, FORMS)
        _choose("--encoding", encoding, ENCODINGS)
        _choose("--separator", separator, tuple(SEPARATORS))
        options = {
            "domain": domain,
            "form": form,
            "encoding": encoding,
            "separator": SEPARATORS[separator],
            "dropped": tuple(drop or ()),
            "kept": tuple(keep or ()),
            "study": study,
        }
        asked = {"FILE": source, "OUTPUT": target, "--key": key or new_key, "--id": id_column}
        _replace(session, asked, options, study_id, crosswalk=crosswalk, bridge=bridge)
    session.leave()


def _make_key(session: Session, path: Path, study: Path) -> None:
    from reliance_eval.extract import keys

    keys.new_key(path, study=study)
    session.result(session.say("pseudonymise.key", path=str(path)), key=str(path))
    session.note(session.say("pseudonymise.key_note"))


def _replace(
    session: Session,
    asked: dict[str, Any],
    options: dict[str, Any],
    study_id: str | None,
    *,
    crosswalk: Path | None,
    bridge: Path | None,
) -> None:
    from reliance_eval.errors import ConfidentialityError
    from reliance_eval.extract.pseudonymising import pseudonymise as replace_numbers
    from reliance_eval.extract.whole_files import Request

    name = study_id or _declared(options["study"])
    asked["--study-id"] = name
    if asked["--key"] is None:
        raise ConfidentialityError(Fault("E-KEY-NOT-GIVEN"))
    if missing := [option for option, value in asked.items() if value is None]:
        raise ProtocolError(Fault("E-PSEUDONYM-NOT-GIVEN", "", {"options": ", ".join(missing)}))
    request = Request(study_id=str(name), id_column=asked["--id"], **options)
    with session.step(session.say("pseudonymise.doing")):
        done = replace_numbers(
            asked["FILE"],
            asked["OUTPUT"],
            request=request,
            key=asked["--key"],
            crosswalk=crosswalk,
            bridge=bridge,
        )
    session.result(
        session.say(
            "pseudonymise.done",
            output=str(asked["OUTPUT"]),
            rows=done.rows,
            units=done.units,
            renumbered=done.renumbered,
            sha256=done.sha256,
        ),
        output=str(asked["OUTPUT"]),
        rows=done.rows,
        units=done.units,
        renumbered=done.renumbered,
        sha256=done.sha256,
    )
    if bridge is not None:
        session.note(session.say("pseudonymise.bridge", path=str(bridge)))


def _declared(study: Path) -> str | None:
    """Give the trial's identifier where a study folder is at hand; the key holder may have none."""
    if not (study / "protocol.toml").is_file():
        return None
    from reliance_eval.study import open_study

    return open_study(study).protocol.clauses.trial.id


def _choose(option: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        values = {"option": option, "given": given, "known": ", ".join(known)}
        raise ProtocolError(Fault("E-OPTION-UNKNOWN", "", {**values}))
