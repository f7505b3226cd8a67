"""The command reference, read off the command-line application itself."""

from __future__ import annotations

import os
from typing import Any

HEAD = """# Commands

The order of the acts is on [the page of the study folder](../study.md); this page lists every
command with its arguments and options, as `--help` prints them.
"""


def command_page() -> str:
    """Give the page, one section a command."""
    # The help speaks the locale's language; the page is in English wherever it is written.
    os.environ["LC_ALL"] = "C"
    import typer.main

    from reliance_eval.cli import app

    root = typer.main.get_command(app)
    parts = [HEAD, *_options("reliance-eval", root)]
    commands = getattr(root, "commands", {})
    for name in sorted(commands):
        parts += _command(name, commands[name])
    return "\n".join(parts).rstrip() + "\n"


def _command(name: str, command: Any) -> list[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    usage = " ".join(["reliance-eval", name, *(_argument(a) for a in arguments)])
    lines = [f"## {name}", "", "```text", f"{usage} [OPTIONS]", "```", ""]
    if command.help:
        lines += [" ".join(command.help.split()), ""]
    return lines + _options("", command)


def _argument(argument: Any) -> str:
    name = (argument.metavar or argument.name or "").upper()
    return name if argument.required else f"[{name.strip('[]')}]"


def _options(title: str, command: Any) -> list[str]:
    rows = []
    for option in command.params:
        if option.param_type_name == "argument" or getattr(option, "hidden", False):
            continue
        spelled = ", ".join(f"`{flag}`" for flag in (*option.opts, *option.secondary_opts))
        rows.append(f"| {spelled} | {' '.join((getattr(option, 'help', None) or '').split())} |")
    if not rows:
        return []
    head = [f"## {title}", ""] if title else []
    return [*head, "| option | meaning |", "|---|---|", *rows, ""]
