"""A frozen result that knows its parent, the way a commit does; saved as a folder of plain files.

A field is the parent, a table, or a plain value; hence one ``save`` and one ``load`` for all. The
folder holds ``artefact.json`` (type, plain fields, digests of tables and parent) and one Parquet
file a table. Tables marked personal leave a shareable save: only their SHA-256 stays.
"""

from __future__ import annotations

import csv
import dataclasses
import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, get_type_hints

from reliance_eval import fingerprint
from reliance_eval.errors import Fault, IntegrityError, UnreadableInput

if TYPE_CHECKING:
    import pandas as pd

    from reliance_eval.protocol import Protocol

RECORD = "artefact.json"
FORMAT = 1
ADDED = "added"


def added(default: Any) -> Any:
    """Declare a plain field that came after records were kept.

    At its default it leaves no trace in a record, so that the digests of earlier records stay.
    """
    metadata = {ADDED: default}
    if isinstance(default, dict):
        return dataclasses.field(default_factory=dict, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Artefact:
    """What one act leaves behind.

    A subclass names its folder (``act``), its parent's type (annotation of ``parent``), its
    tables (``tables``), which of them are about people (``personal``), and which came after
    records were kept (``added_tables``): while one of these is empty it leaves no trace.
    """

    act: ClassVar[str]
    tables: ClassVar[tuple[str, ...]] = ()
    personal: ClassVar[tuple[str, ...]] = ()
    added_tables: ClassVar[tuple[str, ...]] = ()

    parent: Any

    def __init_subclass__(cls) -> None:
        # Set before the dataclass is made: the repr it would write prints the rows of people.
        cls.__repr__ = Artefact.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        """Show the type, the trial and the size of the tables, never their rows."""
        sizes = [f"{name}: {len(getattr(self, name))} rows" for name in self.kept_tables]
        marks = ["blind"] if self.is_blind else []
        shown = [type(self).__name__, *marks, self.protocol.clauses.trial.id, *sizes]
        return f"<{', '.join(shown)}>"

    def __getstate__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} refuses pickling: use save() and load()")

    @property
    def protocol(self) -> Protocol:
        """The protocol at the head of the line."""
        protocol: Protocol = self.parent.protocol
        return protocol

    @property
    def is_blind(self) -> bool:
        """Whether it was made with re-drawn arms, to rehearse: no result of the trial."""
        return isinstance(self.parent, Artefact) and self.parent.is_blind

    def nearest(self, kind: type[Any]) -> Any:
        """Give the artefact of a type at or above this one, else None."""
        here: Any = self
        while here is not None and not isinstance(here, kind):
            here = getattr(here, "parent", None)
        return here

    @cached_property
    def plain(self) -> dict[str, Any]:
        """The plain fields, as JSON types."""
        hints = _hints(type(self))
        unused = {
            field.name
            for field in dataclasses.fields(self)
            if ADDED in field.metadata and getattr(self, field.name) == field.metadata[ADDED]
        }
        return {
            name: _adapter(hints[name]).dump_python(getattr(self, name), mode="json")
            for name in _plain_fields(type(self))
            if name not in unused
        }

    @property
    def kept_tables(self) -> tuple[str, ...]:
        """The tables a record holds: all but the added ones that have no row."""
        added = self.added_tables
        return tuple(n for n in self.tables if n not in added or len(getattr(self, n)))

    @cached_property
    def table_digests(self) -> dict[str, str]:
        """SHA-256 of each table's content."""
        return {name: fingerprint.of_table(getattr(self, name)) for name in self.kept_tables}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the plain fields, the tables and the parent's digest."""
        parent = self.parent.digest if self.parent is not None else None
        return fingerprint.of_plain([self.act, self.plain, self.table_digests, parent])

    def summaries(self) -> dict[str, pd.DataFrame]:
        """Give the tables of counts and estimates that are written as CSV and Parquet too."""
        return {}

    def save(self, root: Path | str, *, shareable: bool = False) -> Path:
        """Save this artefact and its lineage under ``root``, one folder an act.

        Parameters
        ----------
        root : path
            The folder that receives one folder an act (``out/`` of a study).
        shareable : bool
            Leave personal tables out; their digests stay in the record.
        """
        from reliance_eval.storage import atomic_folder

        root = Path(root)
        if isinstance(self.parent, Artefact):
            self.parent.save(root, shareable=shareable)
        with atomic_folder(root / self.act) as folder:
            self.write(folder, shareable=shareable)
        return root / self.act

    def write(self, folder: Path, *, shareable: bool = False) -> None:
        """Write this artefact alone into an existing folder."""
        for name in self.kept_tables:
            if not (shareable and name in self.personal):
                settled(getattr(self, name)).to_parquet(folder / f"{name}.parquet", index=False)
        for name, table in self.summaries().items():
            write_summary(table, folder / name)
        record = {
            "format": FORMAT,
            "type": type(self).__name__,
            "digest": self.digest,
            "parent": None if self.parent is None else self.parent.digest,
            "protocol": self.protocol.full_digest,
            "fields": self.plain,
            "tables": self.table_digests,
        }
        if self.is_blind:
            record["blind"] = True
        text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)
        (folder / RECORD).write_text(text + "\n", encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, folder: Path | str, *, parent: Any) -> Self:
        """Load an artefact from its folder, and check it against its recorded digests.

        Raises
        ------
        UnreadableInput
            The folder holds no artefact, or one without its personal tables.
        IntegrityError
            A table, or the parent, is not the one recorded.
        """
        import pandas as pd

        folder = Path(folder)
        record = read_record(folder)
        hints = _hints(cls)
        values: dict[str, Any] = {
            name: _adapter(hints[name]).validate_json(json.dumps(record["fields"][name]))
            for name in _plain_fields(cls)
            if name in record["fields"] or not _is_added(cls, name)
        }
        for name in cls.tables:
            if name in cls.added_tables and name not in record["tables"]:
                continue
            path = folder / f"{name}.parquet"
            if not path.is_file():
                raise UnreadableInput(Fault("E-ARTEFACT-WITHOUT-TABLE", str(path)))
            values[name] = pd.read_parquet(path)
        artefact = cls(parent=parent, **values)
        if artefact.digest != record["digest"]:
            raise IntegrityError(
                Fault(
                    "E-ARTEFACT-CHANGED",
                    str(folder / RECORD),
                    {
                        "recorded": record["digest"][: fingerprint.SHORT],
                        "found": artefact.digest[: fingerprint.SHORT],
                    },
                )
            )
        return artefact


def read_record(folder: Path) -> dict[str, Any]:
    """Read the ``artefact.json`` of a folder."""
    path = folder / RECORD
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UnreadableInput(Fault("E-ARTEFACT-MISSING", str(path))) from None
    except ValueError:
        raise IntegrityError(Fault("E-ARTEFACT-DAMAGED", str(path))) from None
    return record


def settled(table: pd.DataFrame) -> pd.DataFrame:
    """Give text columns the one type that reading gives them, so that equal tables are equal bytes.

    A table just made may hold text as objects; the same table, read back, holds it as text.
    """
    import pandas as pd

    text = pd.Series(["text"]).dtype
    return table.astype({name: text for name in table.columns if table[name].dtype == object})


def write_summary(table: pd.DataFrame, stem: Path) -> None:
    """Write a table as ``stem.csv`` and ``stem.parquet``.

    Text that a spreadsheet would run as a formula is kept as text by a leading apostrophe;
    numbers, negative ones too, are untouched.
    """
    table.to_parquet(stem.with_suffix(".parquet"), index=False)
    safe = table.map(lambda cell: neutral(cell) if isinstance(cell, str) else cell)
    safe = safe.rename(columns=lambda name: neutral(name) if isinstance(name, str) else name)
    safe.to_csv(
        stem.with_suffix(".csv"),
        index=False,
        lineterminator="\n",
        encoding="utf-8",
        quoting=csv.QUOTE_NONNUMERIC,
    )


def neutral(text: str) -> str:
    """Keep a text from being read as a spreadsheet formula.

    >>> neutral("=HYPERLINK(1)"), neutral("employed")
    ("'=HYPERLINK(1)", 'employed')
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _plain_fields(kind: type[Any]) -> tuple[str, ...]:
    special = {"parent", *kind.tables}
    return tuple(f.name for f in dataclasses.fields(kind) if f.name not in special)


def _is_added(kind: type[Any], name: str) -> bool:
    return any(f.name == name and ADDED in f.metadata for f in dataclasses.fields(kind))


def _adapter(hint: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(hint)
