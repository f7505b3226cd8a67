"""The public package: what a lottery publishes of itself, and a household checks her place with.

It holds the protocol, the seed, the digests and, block by block under opaque names, the last
ticket of each arm. No identifier is in it, and no list from which one could be tried out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import takewhile

from reliance_eval.fingerprint import of_bytes
from reliance_eval.language.catalogue import words
from reliance_eval.lottery import package as files
from reliance_eval.lottery.dating import acts_of
from reliance_eval.lottery.package import Package, arm_letters
from reliance_eval.lottery.tickets import attempt_key, draw_key

PROTOCOL = "protocol.toml"
COMMITMENT = "commitment.txt"
SEED = "seed.txt"
DIGESTS = "digests.txt"
COUNTS = "counts.tsv"
CUTOFFS = "cutoffs.tsv"
README = "README.txt"
LOG = "log.txt"

FORMAT = "RL1 public package 1"
NO_PLACE = "-"
EVERY_TICKET = "f" * 64
LAST_ACT = "seal"
"""The log is published up to its first sealing, so that sealing again gives the same bytes."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A draw whose public package is made.

    Attributes
    ----------
    package : Package
        RL1's restricted package.
    design : str
        Name of the design.
    arms : tuple of str
        Arms in the protocol's order.
    reference : str
        The arm others are compared with.
    commitment : bytes or None
        The commitment as it was published; None for a plain draw.
    attempt : int or None
        The accepted attempt of a re-randomised draw.
    """

    package: Package
    design: str
    arms: tuple[str, ...]
    reference: str
    commitment: bytes | None = None
    attempt: int | None = None


def public_files(
    publication: Publication,
    *,
    counts: bytes,
    languages: Sequence[str],
    log: Sequence[str] = (),
) -> dict[str, bytes]:
    """Give the payload of the public package, by file name.

    Parameters
    ----------
    publication : Publication
    counts : bytes
        ``counts.tsv``: what the disclosure gate let through.
    languages : sequence of str
        Languages of the explanations, in order.
    log : sequence of str
        Lines of the study's log.
    """
    contents = publication.package.files
    payload = {
        PROTOCOL: contents[files.PROTOCOL],
        SEED: contents[files.SEED],
        DIGESTS: digests_file(publication),
        COUNTS: counts,
        CUTOFFS: cutoffs_file(publication.package),
        README: "\n\n".join(words(code).text("seal.readme") for code in languages).encode() + b"\n",
    }
    if publication.commitment is not None:
        payload[COMMITMENT] = publication.commitment
    if lines := log_lines(log):
        payload[LOG] = "".join(lines).encode("ascii")
    return payload


def rule_of(contents: Mapping[str, bytes]) -> str:
    """Give the name of the file that holds the places: odds for a simple draw, else quotas."""
    return files.ODDS if files.ODDS in contents else files.QUOTA


def digests_file(publication: Publication) -> bytes:
    """Give ``digests.txt``: all that a ticket follows from, one ``name: value`` a line."""
    contents, arms = publication.package.files, publication.arms
    seed = contents[files.SEED].decode("ascii")
    said = {
        "format": FORMAT,
        "design": publication.design,
        **{f"arm_{letter}": arm for letter, arm in zip(arm_letters(len(arms)), arms, strict=True)},
        "reference": publication.reference,
        "protocol_sha256": of_bytes(contents[files.PROTOCOL]),
        "frame_sha256": of_bytes(contents[files.FRAME]),
        "quota_sha256": of_bytes(contents[rule_of(contents)]),
        "exclusions_sha256": of_bytes(contents[files.EXCLUSIONS]),
        "seed": seed,
    }
    key = draw_key(
        protocol=said["protocol_sha256"],
        frame=said["frame_sha256"],
        quota=said["quota_sha256"],
        seed=seed,
    )
    said["draw_key"] = key
    if publication.attempt is not None:
        said["covariates_sha256"] = of_bytes(contents[files.COVARIATES])
        said["bounds_sha256"] = of_bytes(contents[files.BOUNDS])
        said["attempt"] = str(publication.attempt)
        said["attempt_key"] = attempt_key(
            key,
            covariates=said["covariates_sha256"],
            bounds=said["bounds_sha256"],
            attempt=publication.attempt,
        )
    said["assignment_sha256"] = of_bytes(contents[files.ASSIGNMENT])
    if publication.commitment is not None:
        said["commitment_sha256"] = of_bytes(publication.commitment)
    return "".join(f"{name}: {value}\n" for name, value in said.items()).encode()


def block_codes(contents: Mapping[str, bytes]) -> dict[str, str]:
    r"""Give the opaque name of each block: its line in the file of places, ``b01, b02, ...``.

    >>> block_codes({"quota.tsv": b"job_0\t2\t2\njob_1\t4\t4\n"})
    {'job_0': 'b01', 'job_1': 'b02'}
    """
    names = [name for name, *_ in _rows(contents[rule_of(contents)])]
    width = max(2, len(str(len(names))))
    return {name: f"b{number:0{width}d}" for number, name in enumerate(names, start=1)}


def cutoffs_file(package: Package) -> bytes:
    """Give ``cutoffs.tsv``: the last ticket of each arm in each block, ``-`` where it has none.

    A household's arm is the first whose cut-off her ticket does not pass, in every design; past
    the last one she is in reserve.
    """
    contents = package.files
    places = {name: [*map(int, numbers)] for name, *numbers in _rows(contents[rule_of(contents)])}
    letters = arm_letters(len(next(iter(places.values()))))
    if rule_of(contents) == files.ODDS:
        last = {
            (name, letter): cutoff
            for name, odds in places.items()
            for letter, cutoff in zip(letters, _odds_cutoffs(*odds), strict=True)
        }
    else:
        last = {
            (block, letter): ticket
            for _, block, _, letter, ticket in _rows(contents[files.ASSIGNMENT])
        }
    lines = [["block", *letters]]
    for name, code in block_codes(contents).items():
        lines.append([code, *(last.get((name, letter), NO_PLACE) for letter in letters)])
    return "".join("\t".join(line) + "\n" for line in lines).encode("ascii")


def _odds_cutoffs(chances: int, of: int) -> tuple[str, str]:
    """Give the last ticket t with t * of < chances * 2^256, and the last of all."""
    if chances == 0:
        return NO_PLACE, EVERY_TICKET
    if chances >= of:
        return EVERY_TICKET, NO_PLACE
    return f"{((chances << 256) - 1) // of:064x}", EVERY_TICKET


def letters_file(package: Package) -> bytes:
    """Give the restricted list of what each letter says: unit, opaque block, arm."""
    codes = block_codes(package.files)
    rows = sorted(
        (unit, codes[block], letter)
        for unit, block, _, letter, _ in _rows(package.files[files.ASSIGNMENT])
    )
    lines = [("unit", "block", "arm"), *rows]
    return "".join("\t".join(line) + "\n" for line in lines).encode("ascii")


def log_lines(log: Sequence[str]) -> list[str]:
    """Give ``log.txt``: a line an act, its fields those of ``dating.Act``."""
    published = takewhile(lambda act: act.act != LAST_ACT, acts_of(log))
    return ["\t".join(map(str, astuple(act))) + "\n" for act in published]


def _rows(content: bytes) -> list[list[str]]:
    return [line.split("\t") for line in content.decode("ascii").splitlines()]
