"""What ``--study`` is given: a study folder, or one wave of it, as ``trial@w2019``."""

from __future__ import annotations

from pathlib import Path

AT = "@"


def split_address(address: Path) -> tuple[Path, str]:
    """Give the folder and the wave that an address names; no wave where a folder is so called.

    >>> split_address(Path("trial@w2019"))[1], split_address(Path("trial"))[1]
    ('w2019', '')
    """
    name, at, wave = address.name.rpartition(AT)
    if not at or address.exists():
        return address, ""
    return address.parent / name, wave
