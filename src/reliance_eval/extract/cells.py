"""The SQL that reads one column, whatever its stored type.

A column is read in two steps. *Present* is what the file holds once blanks and missing codes are
gone; *value* is that, typed. Something present without a value is therefore a fault, whatever the
type, and nothing was guessed on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

from reliance_eval.extract.columns import Family, Field, family
from reliance_eval.extract.engine import literal, texts
from reliance_eval.protocol.model import Column, ExtractClause

_SPACES = " \u00a0\u202f"
_WHOLE = f"([0-9]{{1,3}}([{_SPACES}][0-9]{{3}})+|[0-9]+)"
ISO = "%Y-%m-%d"


@dataclass(frozen=True, slots=True)
class Cell:
    """SQL of one column: what is present in the file, and the value of that."""

    present: str
    value: str


def cell(field: Field, clause: ExtractClause, *, raw: str, physical: str, p: str) -> Cell:
    """Compile one column into SQL.

    Parameters
    ----------
    field : Field
        The column.
    clause : ExtractClause
        Its extract: decimal sign, date format, normalisation of identifiers.
    raw : str
        SQL of the stored column.
    physical : str
        Its DuckDB type.
    p : str
        SQL name under which what is present will be found by the value.
    """
    kind = family(physical)
    column = field.column
    if field.role == "unit":
        return _unit(_as_text(raw, kind), clause, p=p)
    if field.role == "month":
        return _month(raw, kind, clause, p=p)
    if column.codes:
        present = _without_missing(_as_text(raw, kind), column, clause.decimal)
        return Cell(present, _coded(column, p))
    if kind == "text" or column.type == "text":
        present = _without_missing(_as_text(raw, kind), column, clause.decimal)
        return Cell(present, _parsed(p, column.type, clause.decimal, clause.date_format))
    if column.type == "date":
        day = f"CAST({raw} AS DATE)"
        if column.missing:
            codes = texts(column.missing)
            day = f"CASE WHEN CAST({day} AS VARCHAR) IN ({codes}) THEN NULL ELSE {day} END"
        return Cell(day, p)
    return _stored_number(column, raw, kind, p=p)


def _unit(text: str, clause: ExtractClause, *, p: str) -> Cell:
    if clause.normalise_ids == "nir":
        # The NIR is 13 characters; two more are its control key, which some files carry.
        text = f"upper(regexp_replace({text}, '[{_SPACES}]', '', 'g'))"
        text = f"CASE WHEN length({text}) = 15 THEN left({text}, 13) ELSE {text} END"
    return Cell(f"CASE WHEN NOT {_is_blank(text)} THEN {text} END", p)


def _month(raw: str, kind: Family, clause: ExtractClause, *, p: str) -> Cell:
    if kind == "date":
        return Cell(raw, f"CAST(year({p}) * 12 + month({p}) - 1 AS INTEGER)")
    text = _as_text(raw, kind)
    # "2024-02" and "202402": the cheapest test first, millions of rows pass here.
    first = f"TRY_CAST({p} || '-01' AS DATE)"
    digits = f"TRY_CAST({p} AS INTEGER)"
    value = (
        f"CASE WHEN length({p}) = 7 AND {p}[5] = '-' AND year({first}) >= 1000 "
        f"THEN year({first}) * 12 + month({first}) - 1 "
        f"WHEN length({p}) = 6 AND {digits} >= 100000 AND {digits} % 100 BETWEEN 1 AND 12 "
        f"THEN ({digits} // 100) * 12 + {digits} % 100 - 1"
    )
    if clause.date_format is not None:
        day = _date(p, clause.date_format)
        value += f" ELSE year({day}) * 12 + month({day}) - 1"
    present = f"CASE WHEN NOT {_is_blank(text)} THEN {text} END"
    return Cell(present, f"CAST({value} END AS INTEGER)")


def _as_text(raw: str, kind: Family) -> str:
    """Give stored numbers the text people write: 1.0 is ``1``."""
    text = f"CAST({raw} AS VARCHAR)"
    if kind != "float":
        return text
    is_whole = f"{raw} = trunc({raw}) AND abs({raw}) < 1e15"
    return (
        f"CASE WHEN isnan({raw}) THEN NULL "
        f"WHEN {is_whole} THEN CAST(TRY_CAST({raw} AS BIGINT) AS VARCHAR) ELSE {text} END"
    )


def _without_missing(text: str, column: Column, decimal: str) -> str:
    tests = [_is_blank(text)]
    if column.missing:
        tests.append(f"{text} IN ({texts(column.missing)})")
        numbers = _numbers(column.missing)
        if numbers and column.type in {"integer", "number"}:
            # A code 99999 also hides as "99 999,00".
            tests.append(f"coalesce({_number(text, decimal)} IN ({', '.join(numbers)}), false)")
    return f"CASE WHEN {' OR '.join(tests)} THEN NULL ELSE {text} END"


def _stored_number(column: Column, raw: str, kind: Family, *, p: str) -> Cell:
    numbers = _numbers(column.missing)
    tests = [f"CAST({raw} AS DOUBLE) IN ({', '.join(numbers)})"] if numbers else []
    if kind == "float":
        tests.append(f"isnan({raw})")
    present = f"CASE WHEN {' OR '.join(tests)} THEN NULL ELSE {raw} END" if tests else raw
    value = f"CAST({p} AS DOUBLE)"
    if column.type == "number" and kind == "float":
        value = f"CASE WHEN NOT isinf({p}) THEN {value} END"
    elif column.type == "integer":
        value = f"TRY_CAST({p} AS BIGINT)"
        if kind in {"float", "decimal"}:
            value = f"CASE WHEN {p} = trunc({p}) THEN {value} END"
    elif column.type == "boolean":
        value = p if kind == "boolean" else f"CASE {p} WHEN 1 THEN true WHEN 0 THEN false END"
    return Cell(present, value)


def _coded(column: Column, p: str) -> str:
    whens = " ".join(f"WHEN {literal(a)} THEN {literal(b)}" for a, b in column.codes.items())
    return _parsed(f"(CASE {p} {whens} END)", column.type, ".", ISO)


def _parsed(text: str, kind: str, decimal: str, date_format: str | None) -> str:
    if kind == "number":
        return _number(text, decimal)
    if kind == "integer":
        return _integer(text, decimal)
    if kind == "boolean":
        word = f"lower(trim({text}))"
        return (
            f"CASE WHEN {word} IN ('true', '1', '1.0') THEN true "
            f"WHEN {word} IN ('false', '0', '0.0') THEN false END"
        )
    if kind == "date":
        return _date(text, date_format) if date_format else "CAST(NULL AS DATE)"
    return text


def _trim(text: str) -> str:
    return f"trim({text}, {literal(_SPACES)})"


def _is_blank(text: str) -> str:
    # Text that begins with a visible ASCII letter is not blank: trimming millions of
    # identifiers to learn that would cost more than all the other checks.
    is_plain = f"{text} >= '!' AND {text} < {literal(_SPACES[1])}"
    return f"(CASE WHEN {is_plain} THEN false ELSE {_trim(text)} = '' END)"


def _number(text: str, decimal: str) -> str:
    fraction = f"\\{decimal}[0-9]*"
    pattern = f"[+-]?({_WHOLE}({fraction})?|{fraction}[0-9])([eE][+-]?[0-9]+)?"
    return _matching(text, pattern, f"TRY_CAST({_bare(text, decimal)} AS DOUBLE)")


def _integer(text: str, decimal: str) -> str:
    # Digits go straight to an integer: through a double, a 17-digit one would lose its last.
    digits = f"regexp_replace({_bare(text, decimal)}, '\\.0*$', '')"
    pattern = f"[+-]?{_WHOLE}(\\{decimal}0*)?"
    return _matching(text, pattern, f"TRY_CAST({digits} AS BIGINT)")


def _matching(text: str, pattern: str, then: str) -> str:
    whole = literal(f"[{_SPACES}]*{pattern}[{_SPACES}]*")
    return f"CASE WHEN regexp_full_match({text}, {whole}) THEN {then} END"


def _bare(text: str, decimal: str) -> str:
    bare = f"regexp_replace({text}, '[{_SPACES}]', '', 'g')"
    return bare if decimal == "." else f"replace({bare}, ',', '.')"


def _date(text: str, date_format: str) -> str:
    day = f"CAST(try_strptime({text}, {literal(date_format)}) AS DATE)"
    # "%Y" also reads "24" as the year 24: years have four digits.
    return f"CASE WHEN year({day}) >= 1000 THEN {day} END"


def _numbers(missing: tuple[str, ...]) -> list[str]:
    numbers = []
    for code in missing:
        try:
            numbers.append(literal(float(code)))
        except ValueError:
            continue
    return numbers
