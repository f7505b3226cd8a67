"""One document, several writers: the same numbers and sentences, as text whatever they hold."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from imaginary_trial import flow_of, protocol_of
from reading_back import (
    docx_tables,
    docx_text,
    grid,
    html_numbers,
    html_text,
    latex_rows,
    pdf_elements,
    printed,
    squeezed,
    texts,
)

from reliance_eval.cli.report import KNOWN
from reliance_eval.fingerprint import of_bytes
from reliance_eval.reporting import Report, report
from reliance_eval.reporting.document import (
    Callout,
    Caption,
    Chapter,
    Code,
    Document,
    Figure,
    Heading,
    List,
    Listing,
    Note,
    Number,
    Paragraph,
    Table,
)
from reliance_eval.reporting.rendering.annexing import data_of, with_annex
from reliance_eval.reporting.rendering.formats import FORMATS, files_of
from reliance_eval.reporting.rendering.latex import escaped
from reliance_eval.reporting.rendering.printable import REPLACEMENT

LANGUAGES = ("fr", "en")
ON_SCREEN_ONLY = ("alternative", "drawn", "listing.title")
"""Texts that a page of paper holds as a picture or not at all."""


def numbers_of(rows: list[list[str]], table: Table) -> list[str]:
    """The cells of a table read back, where the document has a number."""
    return [
        text
        for row, cells in zip(rows, table.rows, strict=True)
        for text, cell in zip(row, cells, strict=False)
        if isinstance(cell, Number)
    ]


def on_paper(document: Document) -> list[Table]:
    return [block for block in with_annex(document).blocks() if isinstance(block, Table)]


# ---------------------------------------------------------------- the same numbers


@pytest.mark.parametrize("language", LANGUAGES)
def test_html_holds_every_number_in_the_order_of_the_document(
    documents: dict[str, Document], whole: Report, language: str
) -> None:
    found = html_numbers(whole.files[f"report.{language}.html"])
    assert found == [(number.id, number.text) for number in documents[language].numbers()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_cells_that_a_screen_reader_finds_in_the_pdf_are_those_of_the_tables(
    documents: dict[str, Document], whole: Report, language: str
) -> None:
    elements = pdf_elements(whole.files[f"report.{language}.pdf"])
    tables = on_paper(documents[language])
    cells = [squeezed(text) for kind, text in elements if kind == "TD"]
    assert cells == [squeezed(text) for table in tables for row in grid(table)[1:] for text in row]
    titles = [squeezed(text) for kind, text in elements if kind == "Caption"]
    for table in tables:
        assert squeezed(f"{table.label}. {table.title}") in titles


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tables_of_the_docx_are_those_of_the_document(
    documents: dict[str, Document], whole: Report, language: str
) -> None:
    content = whole.files[f"report.{language}.docx"]
    assert docx_tables(content) == [grid(table) for table in on_paper(documents[language])]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_latex_tables_print_the_same_cells(
    documents: dict[str, Document], whole: Report, language: str
) -> None:
    folder = f"tables/{language}/"
    files = {
        name.removeprefix(folder).removesuffix(".tex"): content.decode("utf-8")
        for name, content in whole.files.items()
        if name.startswith(folder)
    }
    tables = {re.sub(r"[^A-Za-z0-9_-]+", "-", t.id): t for t in documents[language].tables()}
    assert set(files) == set(tables)
    for name, table in tables.items():
        assert latex_rows(files[name]) == grid(table)[1:], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_holds_the_same_sequence_of_numbers(
    documents: dict[str, Document], whole: Report, language: str
) -> None:
    document = documents[language]
    expected = [n.text for t in on_paper(document) for n in _numbers(t)]
    assert len(expected) > 200
    page = dict(html_numbers(whole.files[f"report.{language}.html"]))
    of_html = [page[n.id] for t in on_paper(document) for n in _numbers(t)]
    of_docx = [
        text
        for rows, table in zip(
            docx_tables(whole.files[f"report.{language}.docx"]), on_paper(document), strict=True
        )
        for text in numbers_of(rows[1:], table)
    ]
    of_latex = [
        text
        for table in on_paper(document)
        for text in numbers_of(
            latex_rows(whole.files[f"tables/{language}/{_file(table)}.tex"].decode("utf-8")), table
        )
    ]
    assert of_html == of_docx == of_latex == expected


def _numbers(table: Table) -> list[Number]:
    return [cell for row in table.rows for cell in row if isinstance(cell, Number)]


def _file(table: Table) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", table.id)


# ---------------------------------------------------------------- the same sentences


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", ["html", "pdf", "docx"])
def test_no_sentence_is_missing_from_a_form(
    documents: dict[str, Document], whole: Report, language: str, form: str
) -> None:
    said = squeezed(everything(whole.files[f"report.{language}.{form}"], form))
    missing = [
        (place, text)
        for place, text in texts(documents[language])
        if squeezed(text) not in said
        and not place.endswith(ON_SCREEN_ONLY)
        # A running head is no content of the page it stands on.
        and place not in ("watermark", "footer")
    ]
    assert missing == []


def everything(content: bytes, form: str) -> str:
    if form == "html":
        return html_text(content)
    if form == "docx":
        return docx_text(content)
    return "".join(text for _, text in pdf_elements(content))


# ---------------------------------------------------------------- text stays text

NASTY = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    '=HYPERLINK("http://example.org")',
    r"\input{/etc/passwd} \write18{id} \\ %",
    "$x_1^2$ & 50 % # {a} ~b~ ``q'' ---",
    '#import "a": * ; #eval("1") ; *bold* _it_ @ref <label> `raw` //c',
    "{{ 7*7 }} {% raw %} ${7*7}",
    "]]> &amp; &lt; <!-- c -->",
    "漢字 😀 עברית",
    "x" * 150,
)
UNPRINTABLE = "a\x07b\ue000c\ufffed"


def nasty_document(word: str) -> Document:
    """A document with the same words in every place that takes words."""
    caption = Caption(reading=word, scope=word, source=word, notes=(word, word))
    rows = ((word, Number("n#1", 1.0, "1,0"), Code(word), word), (f"{word} ", "", "", ""))
    table = Table(id="t", title=word, columns=(word,) * 4, rows=rows, caption=caption, label="T 1")
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"></svg>'
    data = replace(table, id="f-data", label="", rows=((word, Number("n#2", 2.0, "2"), "", word),))
    figure = Figure(
        id="f", title=word, svg=svg, alternative=word, data=data, caption=caption, label="F 1"
    )
    blocks = (
        Heading(word),
        Paragraph(word),
        Note(word),
        List((word, word)),
        List((word,), is_ordered=True),
        Callout(word, (word,), kind="warning"),
        Listing(word, word),
        table,
        figure,
    )
    return Document(
        language="fr",
        title=word,
        subtitle=word,
        identity=((word, word),),
        watermark=word,
        chapters=(Chapter("c", word, blocks),),
        footer=word,
    )


@pytest.mark.parametrize("word", NASTY)
def test_labels_are_text_in_every_form(word: str) -> None:
    document = nasty_document(word)
    files = files_of(document, FORMATS)
    # Title, subtitle, identity, chapter, blocks, heads, cells, captions... of both exhibits.
    for form in ("html", "pdf", "docx"):
        said = squeezed(everything(files[f"report.fr.{form}"], form))
        assert said.count(squeezed(word)) >= 30, form
    for name, content in files.items():
        if name.endswith(".tex"):
            text = content.decode("utf-8")
            rows = latex_rows(text)
            if word.isascii():
                assert rows[0][0] == word.strip()
                assert printed(escaped(word)) == word
            assert not re.search(r"\\(?:input|write|immediate|catcode)\b", text)
            assert text.count("\\begin{") == text.count("\\end{")


def test_characters_that_no_form_can_hold_leave_a_sign() -> None:
    files = files_of(nasty_document(UNPRINTABLE), ["pdf", "docx", "latex"])
    expected = f"a{REPLACEMENT}b{REPLACEMENT}c{REPLACEMENT}d"
    for form in ("pdf", "docx"):
        assert expected in everything(files[f"report.fr.{form}"], form)
    assert "a{[}U+FFFD]b" in files["tables/fr/t.tex"].decode("utf-8")


COMMANDS_USED = set(
    re.findall(
        r"[A-Za-z]+",
        """
        begin end centering footnotesize scriptsize setlength tabcolsep caption label toprule
        midrule bottomrule multicolumn raggedright raggedleft arraybackslash linewidth par medskip
        textbf texttt textsuperscript usepackage endfirsthead endhead endlastfoot begingroup
        endgroup noindent quad leq geq neq approx infty times pm surd alpha beta delta mu rho sigma
        tau Delta Sigma textasciicircum textbackslash textasciitilde textless textgreater textbar
        textquotedbl textasciigrave textperiodcentered textdegree textendash textemdash
        textquoteleft textquoteright textquotedblleft textquotedblright guillemotleft guillemotright
        dots texteuro textdagger textdaggerdbl textsection
        """,
    )
)
"""LaTeX's own, with array, booktabs, longtable and the T1 encoding."""


def test_latex_holds_nothing_that_a_plain_installation_does_not_know(whole: Report) -> None:
    for name, content in whole.files.items():
        if name.endswith(".tex"):
            text = content.decode("utf-8")
            assert set(re.findall(r"\\([A-Za-z]+)", text)) <= COMMANDS_USED, name
            # Braces and dollars pair; every row has as many cells as the table has columns.
            bare = re.sub(r"\\[{}$&#%_]", "", text)
            assert bare.count("{") == bare.count("}")
            assert bare.count("$") % 2 == 0
            assert all(ord(letter) < 0x180 for letter in text), name


# ---------------------------------------------------------------- bytes


AGAIN = """
import sys
from test_report_writers import FORMATS, files_of, nasty_document
from reliance_eval.fingerprint import of_bytes
files = files_of(nasty_document("mot"), FORMATS)
print(*(f"{name} {of_bytes(content)}" for name, content in files.items()), sep="\\n")
"""


def test_a_form_depends_on_nothing_but_the_document() -> None:
    here = files_of(nasty_document("mot"), FORMATS)
    # Another process, another order of sets, another time zone.
    there = {"PYTHONHASHSEED": "7", "TZ": "UTC+7", "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(
        [sys.executable, "-c", AGAIN],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ) | there,
    )
    assert done.stdout.split() == [word for n, c in here.items() for word in (n, of_bytes(c))]


def test_files_bear_the_day_of_the_last_data(documents: dict[str, Document], whole: Report) -> None:
    # The imaginary trial reads one delivery, of 1 February 2018, before its draw of the 15th.
    assert str(documents["fr"].dated) == "2018-02-15"
    assert b"2018-02-15T00:00:00" in whole.files["report.fr.pdf"]
    core = ZipFile(BytesIO(whole.files["report.fr.docx"])).read("docProps/core.xml")
    assert core.count(b"2018-02-15T00:00:00Z") == 2


def test_the_forms_asked_for_are_the_ones_written(tmp_path: Path) -> None:
    flow = flow_of(protocol_of(tmp_path))
    assert list(report(flow, language="en").files) == ["report.en.html", "report.en.pdf"]
    docx = report(flow, language="en", formats=["docx"])
    assert list(docx.files) == ["report.en.docx"]
    assert docx._repr_html_() == "<ul><li>report.en.docx</li></ul>"
    named = protocol_of(
        tmp_path, changes={"[inference]": '[report]\nformats = ["latex"]\n[inference]'}
    )
    assert all(name.startswith("tables/") for name in report(flow_of(named)).files)


def test_the_command_line_knows_the_forms_of_the_protocol() -> None:
    assert KNOWN == FORMATS


def test_the_digest_is_over_every_file(whole: Report) -> None:
    last = next(reversed(whole.files))
    other = replace(whole, files={**whole.files, last: b""})
    assert other.digest != whole.digest


# ---------------------------------------------------------------- the word processor's document


def test_the_docx_has_what_a_reader_of_word_relies_on(
    documents: dict[str, Document], whole: Report
) -> None:
    import docx

    word = docx.Document(BytesIO(whole.files["report.fr.docx"]))
    document = documents["fr"]
    assert word.core_properties.language == "fr-FR"
    assert 'w:lang w:val="fr-FR"' in word.styles.element.xml
    assert document.title in word.core_properties.title
    heads = [p.text for p in word.paragraphs if p.style and p.style.name == "Heading 1"]
    assert heads[0] == f"1. {document.chapters[0].title}"
    assert len(heads) == len(document.chapters) + 1
    body = word.element.body.xml
    assert r"TOC \o" in body
    assert body.count('w:anchor="_chapter_') == len(heads)
    # Heads are repeated over pages, and no row is broken.
    assert body.count("<w:tblHeader/>") == len(word.tables)
    assert body.count("<w:cantSplit/>") == body.count("<w:tr>")
    figures = [block for block in document.blocks() if isinstance(block, Figure)]
    shown = re.findall(r'<wp:docPr [^>]*descr="([^"]*)"', body)
    assert len(shown) == len(figures)
    assert all(shown)
    for section in word.sections:
        assert document.watermark in section.header.paragraphs[0].text
        assert "PAGE" in section.footer._element.xml


def test_pictures_of_the_docx_are_sharp_enough_to_print(whole: Report) -> None:
    archive = ZipFile(BytesIO(whole.files["report.fr.docx"]))
    pictures = [name for name in archive.namelist() if name.endswith(".png")]
    assert pictures
    for name in pictures:
        content = archive.read(name)
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        # Shown at least 10 cm wide: 150 dots per inch are 590.
        assert int.from_bytes(content[16:20], "big") > 590


def test_the_numbers_behind_a_figure_are_in_the_annex(documents: dict[str, Document]) -> None:
    document = documents["fr"]
    figures = [block for block in document.blocks() if isinstance(block, Figure)]
    annex = with_annex(document).chapters[-1]
    assert annex.title == "Annexe\u202f: données des figures"
    assert annex.blocks[1:] == tuple(data_of(figure, "fr") for figure in figures)
    assert with_annex(replace(document, chapters=())).chapters == ()
