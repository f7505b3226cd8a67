"""Write what is generated from the code, or check that it is fresh.

    python docs/generate.py            writes
    python docs/generate.py --check    writes nothing; ends 1 and names what would change

The schemas go to ``data/schema/``, the pages to ``docs/reference/``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from accuracy_page import accuracy_page
from calibration_page import calibration_page
from clause_page import clause_page
from command_page import command_page
from error_page import error_page
from schema_files import extract_schemas, protocol_schema

ROOT = Path(__file__).resolve().parents[1]
SCHEMAS = Path("data/schema")
PAGES = Path("docs/reference")


def generated() -> dict[Path, str]:
    """Give every generated file, by its path in the clone."""
    files = {SCHEMAS / "protocol.schema.json": protocol_schema()}
    files |= {SCHEMAS / name: text for name, text in extract_schemas().items()}
    files[PAGES / "calibration.md"] = calibration_page()
    # Where the certified data are not beside this clone, the page stays as it is.
    accuracy = ROOT / PAGES / "numerical-accuracy.md"
    kept = accuracy.read_text(encoding="utf-8") if accuracy.is_file() else ""
    if page := accuracy_page(kept):
        files[PAGES / "numerical-accuracy.md"] = page
    files[PAGES / "clauses.md"] = clause_page()
    files[PAGES / "commands.md"] = command_page()
    files[PAGES / "errors.md"] = error_page()
    return files


def differences(files: dict[Path, str]) -> list[str]:
    """Name the files that are missing, stale, or no longer generated."""
    kept = {p.relative_to(ROOT) for p in (ROOT / SCHEMAS).rglob("*.json")}
    stale = [
        str(path)
        for path, text in files.items()
        if not (ROOT / path).is_file() or (ROOT / path).read_text(encoding="utf-8") != text
    ]
    return sorted([*stale, *(str(path) for path in kept - set(files))])


def write(files: dict[Path, str]) -> None:
    """Write the generated files, and remove the schemas that no longer are."""
    for path in {p.relative_to(ROOT) for p in (ROOT / SCHEMAS).rglob("*.json")} - set(files):
        (ROOT / path).unlink()
    for path, text in files.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8", newline="\n")


def main() -> int:
    """Write or check, as asked on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, name what differs")
    asked = parser.parse_args()
    files = generated()
    if not asked.check:
        write(files)
        return 0
    for name in (stale := differences(files)):
        sys.stderr.write(f"{name} is not fresh: run `python docs/generate.py`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
