r"""LaTeX tables for papers: one file a table, ready for ``\input``, with booktabs' rules.

Every text is escaped letter by letter, so that no label is read as a command; what LaTeX's own
encodings cannot set is named by its code point. A table of many rows is a ``longtable``.
"""

from __future__ import annotations

import re
import unicodedata

from reliance_eval.reporting.document import Cell, Code, Document, Figure, Table, is_group
from reliance_eval.reporting.rendering.annexing import data_of, said
from reliance_eval.reporting.rendering.columns import layout
from reliance_eval.reporting.rendering.printable import printable

LONG = 35
"""Rows from which a table is let break over pages."""

HEADER = r"""% \usepackage[T1]{fontenc}
% \usepackage{array}
% \usepackage{booktabs}
"""

TABLE = r"""\begin{{table}}[htbp]
\centering
{size}
\setlength{{\tabcolsep}}{{3pt}}
\caption{{{caption}}}
\label{{tab:{id}}}
\begin{{tabular}}{{{columns}}}
\toprule
{head} \\
\midrule
{rows}
\bottomrule
\end{{tabular}}
\par\medskip
\begin{{minipage}}{{\linewidth}}
{words}
\end{{minipage}}
\end{{table}}
"""

LONG_HEADER = f"{HEADER}% \\usepackage{{longtable}}\n"

LONG_TABLE = r"""\begingroup
{size}
\setlength{{\tabcolsep}}{{3pt}}
\begin{{longtable}}{{{columns}}}
\caption{{{caption}}}
\label{{tab:{id}}} \\
\toprule
{head} \\
\midrule
\endfirsthead
\toprule
{head} \\
\midrule
\endhead
\bottomrule
\endlastfoot
{rows}
\end{{longtable}}
\noindent
{words}
\par
\endgroup
"""

LARGE = 7.0
"""Size of type on an A4 page, in points, under which a table is set smaller in a paper too."""

_WRITTEN = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    # Apart, so that two of them join into no dash, and no row or option begins with them.
    "-": "{-}",
    "[": "{[}",
    "*": "{*}",
    "'": "{'}",
    "\n": " ",
    "\t": " ",
    "\u00a0": "~",
    "\u202f": r"\,",
    "\u2009": r"\,",
    "\u2003": r"\quad{}",
    "\u200b": "",
    "\u00ad": r"\-",
    "\u2212": "$-$",
    "\u00d7": r"$\times$",
    "\u00b1": r"$\pm$",
    "\u2264": r"$\leq$",
    "\u2265": r"$\geq$",
    "\u2260": r"$\neq$",
    "\u2248": r"$\approx$",
    "\u221e": r"$\infty$",
    "\u221a": r"$\surd$",
    "\u00b7": r"\textperiodcentered{}",
    "\u00b0": r"\textdegree{}",
    "\u00b2": r"\textsuperscript{2}",
    "\u00b3": r"\textsuperscript{3}",
    "\u2013": r"\textendash{}",
    "\u2014": r"\textemdash{}",
    "\u2018": r"\textquoteleft{}",
    "\u2019": r"\textquoteright{}",
    "\u201c": r"\textquotedblleft{}",
    "\u201d": r"\textquotedblright{}",
    "\u00ab": r"\guillemotleft{}",
    "\u00bb": r"\guillemotright{}",
    "\u2026": r"\dots{}",
    "\u20ac": r"\texteuro{}",
    "\u2020": r"\textdagger{}",
    "\u2021": r"\textdaggerdbl{}",
    "\u00a7": r"\textsection{}",
    "\u03b1": r"$\alpha$",
    "\u03b2": r"$\beta$",
    "\u03b4": r"$\delta$",
    "\u03bc": r"$\mu$",
    "\u03c1": r"$\rho$",
    "\u03c3": r"$\sigma$",
    "\u03c4": r"$\tau$",
    "\u0394": r"$\Delta$",
    "\u03a3": r"$\Sigma$",
}
_ALLOWED = re.compile(r"[A-Za-z0-9 .,:;!?()/=+@\]]")
_LETTERS = re.compile(r"[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u0152\u0153\u0178]")
"""Accented letters of French and its neighbours, which every LaTeX of today sets."""


def latex(document: Document) -> dict[str, bytes]:
    """Write every table of a document, those behind figures included: contents by file name."""
    files: dict[str, bytes] = {}
    for block in document.blocks():
        if isinstance(block, Figure):
            table = data_of(block, document.language)
        elif isinstance(block, Table):
            table = block
        else:
            continue
        files[f"{_safe(table.id)}.tex"] = table_text(table, document.language).encode("utf-8")
    return files


def table_text(table: Table, language: str) -> str:
    """Write one table."""
    lies = layout(table)
    room = sum(lies.widths)
    # A little is left for the space between columns.
    shares = [f"{0.88 * width / room:.3f}\\linewidth" for width in lies.widths]
    numeric = table.numeric
    columns = "".join("r" if p in numeric else _words_column(w) for p, w in enumerate(shares))
    heads = [
        rf"\multicolumn{{1}}{{{_numbers_head(share)}}}{{{escaped(name)}}}"
        if place in numeric
        else escaped(name)
        for place, (name, share) in enumerate(zip(table.columns, shares, strict=True))
    ]
    header, template = (LONG_HEADER, LONG_TABLE) if len(table.rows) >= LONG else (HEADER, TABLE)
    return header + template.format(
        size=r"\footnotesize" if lies.size > LARGE else r"\scriptsize",
        id=_safe(table.id),
        caption=escaped(table.title),
        columns=f"@{{}}{columns}@{{}}",
        head=" & ".join(heads),
        rows="\n".join(_row(row) for row in table.rows),
        words=_words(table, language),
    )


def _words_column(width: str) -> str:
    return rf">{{\raggedright\arraybackslash}}p{{{width}}}"


def _numbers_head(width: str) -> str:
    return rf">{{\raggedleft\arraybackslash}}p{{{width}}}"


def escaped(text: str) -> str:
    r"""Give a text that LaTeX sets as it stands.

    >>> escaped("50 % of \\input{x} & $y$")
    '50 \\% of \\textbackslash{}input\\{x\\} \\& \\$y\\$'
    """
    return "".join(_letter(letter) for letter in printable(text))


def _letter(letter: str) -> str:
    if letter in _WRITTEN:
        return _WRITTEN[letter]
    if _ALLOWED.match(letter) or _LETTERS.match(letter):
        return letter
    plain = unicodedata.normalize("NFKC", letter)
    if plain != letter and all(_ALLOWED.match(other) for other in plain):
        return plain
    return f"{{[}}U+{ord(letter):04X}]"


def _row(row: tuple[Cell, ...]) -> str:
    if is_group(row):
        return rf"\multicolumn{{{len(row)}}}{{@{{}}l}}{{\textbf{{{_cell(row[0])}}}}} \\"
    return " & ".join(_cell(cell) for cell in row) + r" \\"


def _cell(cell: Cell) -> str:
    if isinstance(cell, Code):
        return rf"\texttt{{{escaped(cell.text)}}}"
    return escaped(cell if isinstance(cell, str) else cell.text)


def _words(table: Table, language: str) -> str:
    return "\\\\\n".join(
        rf"\textbf{{{escaped(said(language, key))}}} {escaped(text)}"
        for key, text in table.caption.lines()
    )


def _safe(identifier: str) -> str:
    """Give an identifier that is a file name and a label, whatever the protocol named."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", identifier).strip("-") or "table"
