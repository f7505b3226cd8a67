"""Which language the terminal speaks, and its sentences."""

from __future__ import annotations

import os
from pathlib import Path

from reliance_eval.addressing import split_address
from reliance_eval.language.catalogue import DEFAULT, Value, languages, words


def locale_language() -> str:
    """Give the language of the environment's locale, else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            code = value[:2].lower()
            return code if code in languages() else DEFAULT
    return DEFAULT


def help_text(command: str) -> str:
    """Give the help of a command, in the locale's language."""
    return words(locale_language()).text(f"cli.help.{command}")


def option_text(option: str) -> str:
    """Give the help of an option, in the locale's language."""
    return words(locale_language()).text(f"cli.option.{option}")


def message_language(asked: str | None, study: Path | None) -> str:
    """Choose the language of messages: ``--lang``, the protocol's first, the locale's, English."""
    if asked in languages():
        return str(asked)
    if study is None:
        return locale_language()
    path = split_address(study)[0] / "protocol.toml"
    return (_first_language(path) if path.is_file() else None) or locale_language()


def _first_language(protocol: Path) -> str | None:
    """Read the protocol's first language leniently: messages about a bad protocol need it too."""
    import tomllib

    try:
        table = tomllib.loads(protocol.read_text(encoding="utf-8-sig"))
        first = table["trial"]["languages"][0]
    except (OSError, ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None
    return first if first in languages() else None


def say(language: str, key: str, /, **values: Value) -> str:
    """Give a sentence of the command line."""
    return words(language).text(f"cli.{key}", **values)
