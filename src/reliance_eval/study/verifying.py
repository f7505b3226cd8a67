"""Run a study again from its protocol and its data, and say which numbers moved.

The draw is held again and must be the same: it is a fact of the past, never made anew. All other
acts are done again, in memory, and written to a folder inside ``out/`` that is removed afterwards.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reliance_eval import __version__
from reliance_eval.artefact import Artefact
from reliance_eval.errors import Fault, IntegrityError, UnreadableInput
from reliance_eval.reporting import Report
from reliance_eval.study.acts import OF_A_WAVE, acts_of
from reliance_eval.study.comparing import Comparison, Moved, compared
from reliance_eval.study.dating import verify_study
from reliance_eval.study.deliveries import delivered, recorded
from reliance_eval.study.folder import INPUTS, KINDS, VERSION, WAVES, Study, open_study
from reliance_eval.study.guarding import refuse_another_draw, refuse_changed
from reliance_eval.study.intakes import drawn_waves, require_whole
from reliance_eval.study.running import redone

if TYPE_CHECKING:
    import pandas as pd

AGAIN = ".again"
"""The folder, inside ``out/``, that holds what is made again while it is compared."""

LOG = "disclosure.jsonl"
SOLEMN = ("commitment", "draw")

Progress = Callable[[str], None]
"""Called with the name of each act before it is done again."""


@dataclass(frozen=True, slots=True)
class Rerun:
    """A study run again, beside what it had left.

    Attributes
    ----------
    acts : tuple of str
        Done again, in order; the draw is held again and compared byte for byte.
    files, numbers : int
        Compared.
    changed : tuple of str
        Files, below ``out/``, that are not what the study gives now.
    moved : tuple of Moved
        Numbers that are not the same, file by file.
    grown : tuple of str
        Deliveries that came since: they enter what was run again.
    made_by : str
        Version of the software that made what was kept, or ``""`` where it was not written down.
    """

    acts: tuple[str, ...]
    files: int
    numbers: int
    changed: tuple[str, ...]
    moved: tuple[Moved, ...]
    grown: tuple[str, ...]
    made_by: str
    made_now: str = __version__

    @property
    def is_same(self) -> bool:
        """Whether every file is what the study gives now."""
        return not self.changed

    def tidy(self) -> pd.DataFrame:
        """Give one row a number that moved."""
        import pandas as pd

        columns = ["file", "id", "field", "before", "after", "relative"]
        rows = [(m.file, m.id, m.field, m.before, m.after, m.relative) for m in self.moved]
        return pd.DataFrame(rows, columns=columns)

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, border=0)


def verify_out(study: Study, *, progress: Progress | None = None) -> Rerun:
    """Run a study again and compare all that it has left, file by file and number by number.

    Parameters
    ----------
    study : Study
        The whole study; its waves are screened and held again one by one.
    progress : callable, optional

    Raises
    ------
    UnreadableInput
        No act of the study is done.
    IntegrityError
        A delivery, the protocol or the draw is not the one recorded: nothing can be run again.
    """
    require_whole(study)
    done = tuple(act for act in acts_of(study) if study.recorded_inputs(act) is not None)
    if not done:
        raise UnreadableInput(Fault("E-VERIFY-NOTHING", str(study.out)))
    refuse_changed(study)
    if not study.waves:
        refuse_another_draw(study)
    found: list[Comparison] = []
    acts: list[str] = []
    with _beside(study) as folder:
        for part in (*(drawn_waves(study) if study.waves else ()), study):
            under = folder / WAVES / part.wave if part.wave else folder
            for act, comparison in _each_act(part, under, progress or (lambda _act: None)):
                acts.append(act)
                found.append(comparison)
    return Rerun(
        acts=tuple(dict.fromkeys(acts)),
        files=sum(item.files for item in found),
        numbers=sum(item.numbers for item in found),
        changed=tuple(name for item in found for name in item.changed),
        moved=tuple(move for item in found for move in item.moved),
        grown=_grown(study),
        made_by=_made_by(study, done[-1]),
    )


@contextmanager
def _beside(study: Study) -> Iterator[Path]:
    """Give an empty folder inside the study's own, and leave nothing of it."""
    folder = study.out / AGAIN
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700, parents=True)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _each_act(study: Study, folder: Path, progress: Progress) -> Iterator[tuple[str, Comparison]]:
    """Do each act of a study, or of one wave, again; give what is not the same."""
    address = f"{study.folder}@{study.wave}" if study.wave else study.folder
    again = open_study(address)
    place = f"{WAVES}/{study.wave}/" if study.wave else ""
    for act in OF_A_WAVE if study.wave else acts_of(study):
        if study.recorded_inputs(act) is None:
            continue
        progress(act)
        if act in SOLEMN and not study.waves:
            _hold_again(study, again, act)
            yield act, Comparison(0, 0, (), ())
            continue
        made = redone(again, act)
        if isinstance(made, Artefact):
            again.hold(made)
        yield act, _compare(study, folder, act, made, place)


def _hold_again(study: Study, again: Study, act: str) -> None:
    """Take a commitment or a draw as it stands, after holding the draw again.

    Where the list screened again is another, the draw is that of the list kept: later acts are
    then compared on the units that were drawn.
    """
    try:
        again.load(act)
    except IntegrityError:
        again.hold(study.load(act))
    if act == "draw":
        verify_study(again)


def _compare(study: Study, folder: Path, act: str, made: Any, place: str) -> Comparison:
    target = folder / act
    target.mkdir(parents=True)
    kept = study.out / act
    if isinstance(made, Report):
        _save_as_kept(made, target, kept)
        made.save_log(folder / LOG)
        of_log = compared_file(study.out / LOG, folder / LOG)
        personal: tuple[str, ...] = ()
    else:
        made.write(target)
        of_log = ()
        personal = KINDS[act].personal
    found = compared(kept, target, within=place + act, personal=personal, passed=(INPUTS,))
    return Comparison(found.files, found.numbers, (*found.changed, *of_log), found.moved)


def compared_file(kept: Path, again: Path) -> tuple[str, ...]:
    """Give the name of a file that is not the same in both places."""
    is_same = kept.is_file() and kept.read_bytes() == again.read_bytes()
    return () if is_same else (kept.name,)


def _save_as_kept(made: Report, target: Path, _kept: Path) -> None:
    made.save(target)


def _grown(study: Study) -> tuple[str, ...]:
    """Give the deliveries that no act has read yet."""
    if study.recorded_inputs("panel") is None:
        return ()
    known = {r.path for act in ("flow", "panel") for r in recorded(study.out, act)}
    now = (file for name in study.protocol.clauses.extracts for file in
           delivered(study.protocol, name))  # fmt: skip
    return tuple(dict.fromkeys(path for path, _, _ in now if path not in known))


def _made_by(study: Study, act: str) -> str:
    record = json.loads((study.out / act / INPUTS).read_text(encoding="utf-8"))
    return str(record.get(VERSION, ""))
