"""Finding the files a protocol's deliveries name, all of them inside the study folder."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath

from reliance_eval.errors import Fault
from reliance_eval.extract.sources import DeliveredFile
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Delivery

ACCEPTED = (".parquet", ".csv")


def locate(name: str, protocol: Protocol) -> tuple[tuple[DeliveredFile, ...], list[Fault]]:
    """Find the delivered files of an extract, by day of extraction then path.

    Parameters
    ----------
    name : str
        The extract.
    protocol : Protocol
        Its deliveries are paths or patterns below the study folder.

    Returns
    -------
    tuple
        The files found, and the paths that leave the study folder (by ``..``, by an absolute
        path or through a link). A pattern that matches nothing is no fault: not delivered yet.
    """
    found: dict[tuple[str, str], DeliveredFile] = {}
    faults: dict[str, Fault] = {}
    for index, delivery in enumerate(protocol.extract(name).deliveries):
        where = protocol.place("extracts", name, "deliveries", index)
        if not _is_relative(delivery.path):
            faults[delivery.path] = Fault("E-EXTRACT-OUTSIDE", where, {"path": delivery.path})
            continue
        for path in _matches(protocol.folder, delivery):
            relative = path.relative_to(protocol.folder).as_posix()
            if not path.resolve().is_relative_to(protocol.folder.resolve()):
                faults[relative] = Fault("E-EXTRACT-OUTSIDE", where, {"path": relative})
                continue
            file = DeliveredFile(path, relative, delivery.extracted_on, index)
            found.setdefault((delivery.extracted_on.isoformat(), relative), file)
    return tuple(found[key] for key in sorted(found)), list(faults.values())


def _is_relative(path: str) -> bool:
    windows = PureWindowsPath(path)
    return not (windows.anchor or Path(path).is_absolute() or ".." in windows.parts)


def _matches(folder: Path, delivery: Delivery) -> list[Path]:
    exact = folder / delivery.path
    if exact.is_symlink() or exact.exists():
        return [exact]
    if not delivery.path or not any(letter in delivery.path for letter in "*?["):
        return []
    return sorted(path for path in folder.glob(delivery.path) if not path.is_dir())
