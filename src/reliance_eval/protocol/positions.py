"""Where each key of a TOML file stands: a path of keys and indices gives its line and column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import tree_sitter
import tree_sitter_toml

Path: TypeAlias = tuple[str | int, ...]
Place: TypeAlias = tuple[int, int]

_TABLES = {"table", "table_array_element"}


def positions(source: bytes) -> dict[Path, Place]:
    """Give the line and column (from 1) of every key and array item of a TOML document."""
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
    places: dict[Path, Place] = {}
    lengths: dict[Path, int] = {}
    for node in parser.parse(source).root_node.children:
        if node.type == "pair":
            _record_pair(node, (), places)
        elif node.type in _TABLES:
            path = _table_path(node, lengths)
            places.setdefault(path, _place(node))
            for pair in node.children:
                if pair.type == "pair":
                    _record_pair(pair, path, places)
    return places


def nearest_place(places: dict[Path, Place], path: Path) -> Place | None:
    """Give the place of a path, or of the closest clause that holds it."""
    for end in range(len(path), 0, -1):
        if path[:end] in places:
            return places[path[:end]]
    return None


def dotted(path: Path) -> str:
    """Write a path the way TOML does, with indices from 1 in brackets.

    >>> dotted(("eligibility", "criteria", 0, "name"))
    'eligibility.criteria[1].name'
    """
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _table_path(node: tree_sitter.Node, lengths: dict[Path, int]) -> Path:
    """Resolve a header, counting the elements of each array of tables met so far."""
    path: Path = ()
    keys = list(_keys(next(c for c in node.children if c.is_named)))
    for key in keys[:-1]:
        path = (*path, key)
        if path in lengths:
            path = (*path, lengths[path] - 1)
    path = (*path, keys[-1])
    if node.type == "table_array_element":
        lengths[path] = lengths.get(path, 0) + 1
        path = (*path, lengths[path] - 1)
    return path


def _record_pair(pair: tree_sitter.Node, prefix: Path, places: dict[Path, Place]) -> None:
    named = [child for child in pair.children if child.is_named]
    path = (*prefix, *_keys(named[0]))
    places[path] = _place(pair)
    if len(named) > 1:
        _record_value(named[1], path, places)


def _record_value(value: tree_sitter.Node, path: Path, places: dict[Path, Place]) -> None:
    if value.type == "inline_table":
        for pair in value.children:
            if pair.type == "pair":
                _record_pair(pair, path, places)
    elif value.type == "array":
        items = [c for c in value.children if c.is_named and c.type != "comment"]
        for index, item in enumerate(items):
            places[(*path, index)] = _place(item)
            _record_value(item, (*path, index), places)


def _keys(node: tree_sitter.Node) -> Iterator[str]:
    if node.type == "dotted_key":
        for child in node.children:
            if child.is_named:
                yield from _keys(child)
    else:
        yield (node.text or b"").decode("utf-8").strip("\"'")


def _place(node: tree_sitter.Node) -> Place:
    return node.start_point.row + 1, node.start_point.column + 1
