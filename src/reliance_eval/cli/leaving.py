"""How a command ends: every failure has its exit code and a message, none a traceback."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import typer

from reliance_eval.addressing import split_address
from reliance_eval.cli.session import CURRENT, Session
from reliance_eval.cli.wording import locale_language, say
from reliance_eval.errors import INTERRUPTED, InternalError, RelianceError


def leaving_well(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command end with the exit code and the message of whatever happened in it."""

    @functools.wraps(command)
    def safe(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except (typer.Exit, typer.Abort):
            raise
        except RelianceError as error:
            _fail(error.text(_language()), error.exit_code)
        except KeyboardInterrupt:
            _fail(_stopped(), INTERRUPTED)
        except MemoryError:
            _fail(say(_language(), "failed.memory"), InternalError.exit_code)
        except Exception as error:
            _fail(_internal(error), InternalError.exit_code)

    return safe


def _fail(message: str, code: int) -> NoReturn:
    print(message, file=sys.stderr)  # noqa: T201
    raise typer.Exit(code)


def _session() -> Session | None:
    return CURRENT[0] if CURRENT else None


def _language() -> str:
    session = _session()
    return session.language if session else locale_language()


def _stopped() -> str:
    session = _session()
    folder = session.folder if session and session.folder else Path()
    return say(_language(), "failed.stopped", folder=str(folder))


def _internal(error: Exception) -> str:
    """Name the kind of failure only: its text could hold a person's value."""
    session = _session()
    kind = type(error).__name__
    if session is None or not session.is_debug:
        return say(_language(), "failed.internal", kind=kind)
    path = split_address(session.folder or Path())[0] / "out" / "debug.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A file made before may be readable by others: only a new one is surely ours alone.
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("".join(traceback.format_exception(error)))
    except OSError:
        return say(_language(), "failed.internal", kind=kind)
    return say(_language(), "failed.debug", kind=kind, path=str(path))
