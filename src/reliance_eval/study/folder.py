"""A study folder: its protocol, and what its acts have left in ``out/``."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reliance_eval import __version__, storage
from reliance_eval.addressing import AT, split_address
from reliance_eval.artefact import Artefact
from reliance_eval.eligibility import Flow
from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.estimation import CONVENTIONS, ESTIMATORS, VARIANCES, Estimates
from reliance_eval.extract import open_extract
from reliance_eval.lottery import DESIGNS, Commitment, Draw
from reliance_eval.panel import MEASURES, Panel
from reliance_eval.protocol import Protocol, read_protocol
from reliance_eval.protocol.model import Format
from reliance_eval.protocol.waving import at_wave
from reliance_eval.robustness import Checks
from reliance_eval.simulation import WORLDS
from reliance_eval.study.deliveries import recorded

KINDS: dict[str, type[Artefact]] = {
    kind.act: kind for kind in (Flow, Commitment, Draw, Panel, Estimates, Checks)
}
PARENTS = {
    "commitment": "flow",
    "draw": "flow",
    "panel": "draw",
    "estimates": "panel",
    "checks": "estimates",
}
INPUTS = "inputs.json"
VERSION = "version"
FORMATS = "formats"
WAVES = "waves"


@dataclass(frozen=True)
class Study:
    """A folder with a protocol, its extracts and its artefacts.

    A protocol with waves has a study for each, whose acts end at its draw; the whole study reads
    their draws as one. ``wave`` is then the wave's name, and ``protocol`` the protocol it sees.
    ``formats`` are the forms of the report that somebody asked for; of none, the protocol's.
    """

    folder: Path
    protocol: Protocol
    wave: str = ""
    formats: tuple[Format, ...] = ()
    _loaded: dict[str, Artefact] = field(default_factory=dict, repr=False)

    @property
    def out(self) -> Path:
        """The restricted folder of artefacts; ``out/report`` alone may leave."""
        out = self.folder / "out"
        return out / WAVES / self.wave if self.wave else out

    @property
    def address(self) -> str:
        """What ``--study`` is given to name this study."""
        return f"{self.folder}{AT}{self.wave}" if self.wave else str(self.folder)

    @property
    def waves(self) -> tuple[str, ...]:
        """The waves of a whole study, in the order of their days; none of another study."""
        return tuple(wave.name for wave in self.protocol.clauses.lottery.waves)

    def of_wave(self, name: str) -> Study:
        """Give the study of one of the waves."""
        return Study(self.folder, at_wave(self.protocol, name), name)

    def parent_of(self, act: str) -> str:
        """Give the act that an act comes after; a public draw keeps a commitment."""
        is_public = self.protocol.clauses.lottery.event is not None
        return "commitment" if act == "draw" and is_public else PARENTS[act]

    def recorded_inputs(self, act: str) -> str | None:
        """Give the digest of what an act was last made from, or None where it was not done."""
        try:
            record = json.loads((self.out / act / INPUTS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return str(record["inputs"])

    @property
    def recorded_formats(self) -> tuple[Format, ...]:
        """The forms in which the report was last written; none where it was not."""
        try:
            record = json.loads((self.out / "report" / INPUTS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ()
        return tuple(record.get(FORMATS, ()))

    def load(self, act: str) -> Any:
        """Give the artefact of an act, reading it and its parents once."""
        if act not in self._loaded:
            folder = self.out / act
            if act == "flow":
                name = self.protocol.clauses.eligibility.extract
                parent: Any = open_extract(name, self.protocol, recorded(self.out, act))
            else:
                parent = self.load(self.parent_of(act))
            self._loaded[act] = KINDS[act].load(folder, parent=parent)
        return self._loaded[act]

    def keep(self, artefact: Artefact, inputs: str) -> None:
        """Write an artefact with the digest of what it was made from."""
        with storage.atomic_folder(self.out / artefact.act) as folder:
            artefact.write(folder)
            write_inputs(folder, inputs)
        self._loaded[artefact.act] = artefact

    def hold(self, artefact: Artefact) -> None:
        """Take an artefact as that of its act, in memory alone."""
        self._loaded[artefact.act] = artefact

    def forget(self, act: str) -> None:
        """Drop a loaded artefact, before its act is done again."""
        self._loaded.pop(act, None)


def write_inputs(folder: Path, inputs: str, *, formats: tuple[Format, ...] = ()) -> None:
    """Write beside a result the digest of its act's inputs, and the version that made it.

    Of a report, also the forms in which it was written.
    """
    record: dict[str, Any] = {"inputs": inputs, VERSION: __version__}
    if formats:
        record[FORMATS] = formats
    text = json.dumps(record, indent=1)
    (folder / INPUTS).write_text(text + "\n", encoding="utf-8", newline="\n")


def registered_names() -> dict[str, tuple[str, ...]]:
    """Give the names a protocol may use, by kind, from the registries."""
    return {
        "design": DESIGNS.names(),
        "measure": MEASURES.names(),
        "estimator": ESTIMATORS.names(),
        "variance": VARIANCES,
        "convention": tuple(CONVENTIONS),
        "world": WORLDS.names(),
    }


def open_study(folder: Path | str) -> Study:
    """Open a study folder: read its protocol with every name checked.

    Parameters
    ----------
    folder : path
        The folder, or ``folder@wave`` for the study of one wave.

    Raises
    ------
    ProtocolError
        The protocol is at fault, or has no such wave.
    """
    folder, name = split_address(Path(folder))
    study = Study(folder, read_protocol(folder / "protocol.toml", names=registered_names()))
    if not study.out.resolve().is_relative_to(folder.resolve()):
        raise ProtocolError(Fault("E-PROTOCOL-OUTSIDE", "", {"path": study.out.name}))
    if not name:
        return study
    if name not in study.waves:
        known = ", ".join(study.waves) or "–"
        raise ProtocolError(Fault("E-WAVE-UNKNOWN", "", {"wave": name, "known": known}))
    return study.of_wave(name)
