"""Start a study from a programme shipped with the package."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from reliance_eval import storage
from reliance_eval.errors import Fault, ProtocolError, SealedError
from reliance_eval.registry import nearest


def programmes() -> tuple[str, ...]:
    """Give the names of the shipped programmes."""
    shipped = resources.files("reliance_eval.protocol") / "programmes"
    return tuple(sorted(entry.name for entry in shipped.iterdir() if entry.is_dir()))


def start_study(folder: Path | str, *, programme: str) -> Path:
    """Write a programme's protocol and code lists into a new study folder.

    Raises
    ------
    ProtocolError
        No such programme is shipped.
    SealedError
        The folder has a protocol already: nothing of it is touched.
    """
    folder = Path(folder)
    if programme not in programmes():
        close = nearest(programme, programmes())
        values = {"name": programme, "known": ", ".join(programmes()), "nearest": close or "–"}
        raise ProtocolError(Fault("E-STUDY-NO-PROGRAMME", "", dict(values)))
    if (folder / "protocol.toml").exists():
        raise SealedError(Fault("E-STUDY-EXISTS", str(folder / "protocol.toml")))
    shipped = resources.files("reliance_eval.protocol") / "programmes" / programme
    with resources.as_file(shipped) as source:
        for path in sorted(source.rglob("*")):
            if path.is_file() and path.name != "protocol.toml":
                storage.write_atomically(folder / path.relative_to(source), path.read_bytes())
        # Last, so that a folder with a protocol is a whole study.
        content = (source / "protocol.toml").read_bytes()
    storage.write_atomically(folder / "protocol.toml", content)
    (folder / "data").mkdir(exist_ok=True)
    return folder
