"""``seal``: the public package of a draw, with what the log says of how it came about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from reliance_eval import storage
from reliance_eval.eligibility import Flow
from reliance_eval.errors import Fault, ProtocolError, SealedError
from reliance_eval.fingerprint import of_bytes
from reliance_eval.language.catalogue import languages
from reliance_eval.lottery import Draw
from reliance_eval.lottery.announcing import text_of
from reliance_eval.lottery.bagging import MANIFEST, bag, write_bag
from reliance_eval.lottery.commitment import Commitment
from reliance_eval.lottery.package import package_of
from reliance_eval.lottery.sealing import LAST_ACT, Publication, letters_file, public_files
from reliance_eval.reporting.disclosure import Gate, rules_of
from reliance_eval.reporting.public_counts import counts_file
from reliance_eval.study import log
from reliance_eval.study.folder import Study
from reliance_eval.study.intakes import require_no_waves

PUBLIC = Path("draw") / "public"
LETTERS = Path("seal") / "letters.tsv"
PSEUDONYM = "[0-9a-f]{32}"
DECISIONS = Path("seal") / "disclosure.jsonl"


@dataclass(frozen=True, slots=True)
class Seal:
    """A public package as written.

    Attributes
    ----------
    folder : Path
        Where it is.
    manifest_digest : str
        SHA-256 of its manifest, which stands for the whole package: it may be printed in a
        letter, in the procès-verbal or in a time-stamp.
    letters : Path or None
        The restricted list of what each household's letter says.
    is_guessable : bool
        Whether the units are other than pseudonyms: who guesses an identifier can then compute
        its ticket, and so its arm.
    """

    folder: Path
    manifest_digest: str
    letters: Path | None = None
    is_guessable: bool = False


def seal(draw: Draw, folder: Path | str, *, lines: Sequence[str] = ()) -> Seal:
    """Write the public package of a draw.

    Parameters
    ----------
    draw : Draw
        A draw held by RL1.
    folder : path
        A folder that is not there yet, or that holds this same package.
    lines : sequence of str
        The lines of the study's log.

    Raises
    ------
    ProtocolError
        The draw was held elsewhere: RL1 has nothing to publish of it. Or it pools several waves,
        each of which has a package of its own.
    SealedError
        Something else is in the folder.
    """
    gate = Gate(rules_of(draw.protocol))
    payload = _payload(draw, gate, lines)
    _write(payload, Path(folder))
    return Seal(Path(folder), of_bytes(bag(payload)[MANIFEST]))


def seal_study(study: Study, folder: Path | None = None) -> Seal:
    """Write the public package of a study's draw, and what each letter says beside it.

    The package goes to ``out/draw/public/`` unless another folder is given; the letters and the
    decisions of the disclosure gate stay in ``out/seal/``. Sealing again gives the same bytes.
    """
    require_no_waves(study)
    draw: Draw = study.load("draw")
    folder = folder or study.out / PUBLIC
    gate = Gate(rules_of(draw.protocol))
    payload = _payload(draw, gate, log.read(study.out))
    digest = of_bytes(bag(payload)[MANIFEST])
    letters = study.out / LETTERS
    storage.write_atomically(letters, letters_file(package_of(draw)))
    decisions = [json.dumps(asdict(item), sort_keys=True) + "\n" for item in gate.log]
    storage.write_atomically(study.out / DECISIONS, "".join(decisions).encode("utf-8"))
    if _write(payload, folder):
        log.append(study.out, LAST_ACT, manifest_digest=digest)
    return Seal(folder, digest, letters, is_guessable=_is_guessable(draw))


def _is_guessable(draw: Draw) -> bool:
    """Say whether some real unit is not a pseudonym as ``pseudonymise`` makes them."""
    flow: Flow = draw.nearest(Flow)
    units = draw.assignment["cluster" if draw.drawn_in == "clusters" else "unit"]
    return not flow.synthetic and not units.astype(str).str.fullmatch(PSEUDONYM).all()


def _payload(draw: Draw, gate: Gate, lines: Sequence[str]) -> dict[str, bytes]:
    if draw.intakes:
        values = {"waves": ", ".join(intake.wave for intake in draw.intakes)}
        raise ProtocolError(Fault("E-SEAL-WAVES", "", {**values}))
    if draw.seed is None:
        raise ProtocolError(Fault("E-SEAL-RECORDED"))
    package = package_of(draw)
    commitment = draw.nearest(Commitment)
    spoken = draw.protocol.languages
    publication = Publication(
        package,
        draw.design,
        draw.arms,
        draw.reference,
        commitment=None if commitment is None else text_of(commitment),
        attempt=draw.attempts if draw.bounds else None,
    )
    return public_files(
        publication,
        counts=counts_file(package, gate, arms=len(draw.arms)),
        languages=(*spoken, *(code for code in languages() if code not in spoken)),
        log=lines,
    )


def _write(payload: dict[str, bytes], folder: Path) -> bool:
    """Write a bag where nothing is; say whether it was not there already."""
    files = bag(payload)
    if folder.exists():
        there = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
        if {name: path.read_bytes() for name, path in there.items()} == files:
            return False
        if there:
            raise SealedError(Fault("E-SEAL-EXISTS", str(folder)))
    with storage.atomic_folder(folder) as partial:
        write_bag(payload, partial)
    return True
