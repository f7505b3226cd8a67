"""The names a protocol may use, and what they stand for.

A registry is one folder of modules, each registering one thing under its name: adding a file adds
the thing, to the protocol's admissible names and to the laws that examine every entry.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Registry(Generic[Item]):
    """Names and what they stand for, filled by importing the modules of one package.

    Parameters
    ----------
    kind : str
        What is registered, for messages: ``"design"``, ``"measure"``.
    package : str
        Dotted name of the package whose modules register themselves.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self._package = package
        self._items: dict[str, Item] = {}
        self._is_loaded = False

    def register(self, name: str) -> Callable[[Item], Item]:
        """Register the decorated object under a name."""

        def keep(item: Item) -> Item:
            if self._items.setdefault(name, item) is not item:
                raise ValueError(f"two {self.kind}s are called {name!r}")
            return item

        return keep

    def _load(self) -> None:
        if not self._is_loaded:
            package = importlib.import_module(self._package)
            for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
                importlib.import_module(f"{self._package}.{module.name}")
            self._is_loaded = True

    def names(self) -> tuple[str, ...]:
        """Give the registered names, sorted."""
        self._load()
        return tuple(sorted(self._items))

    def __getitem__(self, name: str) -> Item:
        self._load()
        return self._items[name]

    def __contains__(self, name: object) -> bool:
        self._load()
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())


def nearest(name: str, known: tuple[str, ...] | list[str]) -> str | None:
    """Give the known name most like a misspelt one, if any is close.

    >>> nearest("eligibilty", ["eligibility", "lottery"])
    'eligibility'
    """
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return close[0] if close else None
