"""A rendered report: its files, what it reports on, and what the gate decided for it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path

from reliance_eval import fingerprint
from reliance_eval.artefact import Artefact
from reliance_eval.reporting.disclosure import Decision
from reliance_eval.storage import write_atomically

FRAME_HEIGHT = 720
PAGE = ".html"


@dataclass(frozen=True)
class Report:
    """A rendered report: the only thing that has passed disclosure control.

    Attributes
    ----------
    parent_digest : str
        Digest of the artefact reported on.
    files : mapping of str to bytes
        Contents by name: ``report.<language>.html``, ``.pdf``, ``.docx``, and
        ``tables/<language>/<table>.tex``.
    disclosure_log : tuple of Decision
        Every decision of the gate, with exact counts: restricted, for the output checker.
    artefact : Artefact or None
        What it reports on, for who asks where a number comes from.
    """

    parent_digest: str
    files: dict[str, bytes] = field(repr=False)
    disclosure_log: tuple[Decision, ...] = field(repr=False)
    artefact: Artefact | None = field(default=None, repr=False)

    @property
    def html(self) -> dict[str, bytes]:
        """The self-contained pages, by language."""
        pages = {name: page for name, page in self.files.items() if name.endswith(PAGE)}
        return {name.removesuffix(PAGE).rpartition(".")[2]: page for name, page in pages.items()}

    @property
    def digest(self) -> str:
        """SHA-256 over the files, in every form and language."""
        return fingerprint.of_plain(
            {name: fingerprint.of_bytes(content) for name, content in self.files.items()}
        )

    def save(self, folder: Path | str) -> tuple[Path, ...]:
        """Write every file in a folder that may leave; give their paths."""
        paths = []
        for name, content in self.files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content)
            paths.append(path)
        return tuple(paths)

    def save_log(self, path: Path | str) -> Path:
        """Write the disclosure log, one decision a line, outside the folder that may leave."""
        lines = [
            json.dumps(asdict(decision), ensure_ascii=False, sort_keys=True)
            for decision in self.disclosure_log
        ]
        write_atomically(Path(path), ("\n".join(lines) + "\n").encode("utf-8"))
        return Path(path)

    def _repr_html_(self) -> str:
        if not self.html:
            return f"<ul>{''.join(f'<li>{escape(name)}</li>' for name in self.files)}</ul>"
        # The page forbids itself the network and has no script; the frame shuts it in further.
        language, page = next(iter(self.html.items()))
        return (
            f'<iframe title="report.{language}.html" srcdoc="{escape(page.decode("utf-8"))}" '
            f'sandbox="" width="100%" height="{FRAME_HEIGHT}"></iframe>'
        )
