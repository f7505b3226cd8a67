"""The application: its commands, and how every failure leaves it."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from reliance_eval.cli import (
    acts,
    blinding,
    check,
    commit,
    demo,
    diagnose,
    draw,
    exclude,
    explain,
    init,
    minutes,
    plan,
    pseudonymise,
    record,
    report,
    run,
    seal,
    simulate,
    verify,
    version,
)
from reliance_eval.cli.leaving import leaving_well
from reliance_eval.cli.wording import help_text

app = typer.Typer(
    name="reliance-eval",
    help=help_text("app"),
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.callback()(version.root)


def _add(name: str, command: Callable[..., None]) -> None:
    app.command(name, help=help_text(name))(leaving_well(command))


_add("demo", demo.demo)
_add("init", init.init)
_add("check", check.check)
_add("simulate", simulate.simulate)
_add("diagnose", diagnose.diagnose)
_add("plan", plan.plan)
_add("screen", acts.act_command("flow"))
_add("commit", commit.commit)
_add("exclude", exclude.exclude)
_add("draw", draw.draw)
for _name, _act in acts.ACT_OF_COMMAND.items():
    _blindable = _act in blinding.BLINDABLE
    _add(_name, (blinding.blindable_command if _blindable else acts.act_command)(_act))
_add("report", report.report)
_add("run", run.run)
_add("explain", explain.explain)
_add("verify", verify.verify)
_add("seal", seal.seal)
_add("minutes", minutes.minutes)
_add("record", record.record)
_add("pseudonymise", pseudonymise.pseudonymise)


def main() -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A French sentence must not fail on a terminal set to ASCII.
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    app()
