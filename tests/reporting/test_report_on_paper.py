"""The PDF: accessible by two checkers, nothing clipped, tables that go on from page to page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from reading_back import pdf_elements, squeezed

from reliance_eval.reporting import Report
from reliance_eval.reporting.document import Caption, Cell, Chapter, Code, Document, Number, Table
from reliance_eval.reporting.rendering.columns import LANDSCAPE, PORTRAIT, layout
from reliance_eval.reporting.rendering.pictures import TALLEST, on_paper, png
from reliance_eval.reporting.rendering.typst_paging import kept_together, parted
from reliance_eval.reporting.rendering.typst_report import pdf

LANGUAGES = ("fr", "en")
POINTS_OF_A4 = (595, 842)


def table_of(rows: int, columns: int, *, cell: str = "[−12,3\u202f; +45,6]") -> Table:
    heads = tuple(f"Intervalle simultané {place}" for place in range(columns))
    body: tuple[tuple[Cell, ...], ...] = tuple(
        (f"Ligne {row}", *(Number(f"{row}#{p}", 1.0, cell) for p in range(1, columns)))
        for row in range(rows)
    )
    words = Caption(reading="Lecture.", scope="Champ.", source="Source.")
    return Table(id="t", title="Titre", columns=heads, rows=body, caption=words, label="Tableau 1")


def document_of(*tables: Table) -> Document:
    return Document(
        language="fr",
        title="Essai",
        subtitle="Rapport",
        identity=(),
        watermark="Données simulées",
        chapters=(Chapter("c", "Chapitre", tables),),
    )


# ---------------------------------------------------------------- two checkers


@pytest.mark.parametrize("language", LANGUAGES)
def test_pdfua_finds_nothing(whole: Report, tmp_path: Path, language: str) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(whole.files[f"report.{language}.pdf"])
    command = [sys.executable, "-m", "pdfua", "check", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # Nothing found ends 0; information, warnings and errors end 1, 2 and 3.
    assert done.returncode == 0, done.stdout


@pytest.mark.pdf
@pytest.mark.parametrize("language", ["fr", pytest.param("en", marks=pytest.mark.slow)])
def test_outloud_finds_no_error(outloud: str, whole: Report, tmp_path: Path, language: str) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(whole.files[f"report.{language}.pdf"])
    done = subprocess.run([outloud, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 error(s)" in done.stdout


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_says_what_it_is(whole: Report, language: str) -> None:
    import io

    import pikepdf

    with pikepdf.open(io.BytesIO(whole.files[f"report.{language}.pdf"])) as opened:
        root: Any = opened.Root
        assert str(root.Lang) == language
        assert bool(root.MarkInfo.Marked)
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        with opened.open_metadata() as metadata:
            assert metadata.get("pdfuaid:part") == "1"
            assert (metadata.get("pdfaid:part"), metadata.get("pdfaid:conformance")) == ("2", "A")
        # Every font is sent along, and it is DejaVu, from matplotlib.
        fonts = {
            str(font.BaseFont)
            for page in opened.pages
            for font in page.obj.Resources.get("/Font", {}).values()
        }
        assert fonts
        assert all("DejaVuSans" in name for name in fonts)


def test_heads_of_a_parted_table_are_told_on_every_page() -> None:
    table = table_of(70, 3)
    elements = pdf_elements(pdf(document_of(table)))
    titles = [text for kind, text in elements if kind == "Caption"]
    assert titles[0] == "Tableau 1. Titre"
    assert len(titles) >= 2
    assert set(titles[1:]) == {"Tableau 1. Titre (suite)"}
    heads = [squeezed(text) for kind, text in elements if kind == "TH"]
    assert heads == [squeezed(name) for name in table.columns] * len(titles)
    assert sum(kind == "TD" for kind, _ in elements) == 70 * 3
    # The words under it are said once, at its end.
    assert [text for _, text in elements].count("Lecture.") <= 1


def test_nothing_is_painted_outside_the_margins(whole: Report) -> None:
    import pypdfium2

    document = pypdfium2.PdfDocument(whole.files["report.fr.pdf"])
    turned = 0
    for page in document:
        width, height = (round(side) for side in page.get_size())
        assert sorted((width, height)) == list(POINTS_OF_A4)
        turned += width > height
        words = page.get_textpage()
        for place in range(words.count_chars()):
            left, _, right, _ = words.get_charbox(place)
            assert left >= 40, (page, words.get_text_range(place, 30))
            assert right <= width - 40, (page, words.get_text_range(max(0, place - 30), 31))
    document.close()


def test_the_report_fits_a_shelf(whole: Report) -> None:
    import pypdfium2

    for language in LANGUAGES:
        assert len(whole.files[f"report.{language}.pdf"]) < 3_000_000
        assert len(pypdfium2.PdfDocument(whole.files[f"report.{language}.pdf"])) < 60


# ---------------------------------------------------------------- how tables lie


def test_a_small_table_is_upright_in_the_widest_type() -> None:
    lies = layout(table_of(3, 4))
    assert (lies.size, lies.is_landscape) == (7.8, False)
    assert sum(lies.widths) == pytest.approx(PORTRAIT)


def test_type_gets_smaller_before_a_page_is_turned() -> None:
    sizes = [
        (layout(table_of(3, n)).is_landscape, -layout(table_of(3, n)).size) for n in range(2, 9)
    ]
    assert sizes == sorted(sizes)
    assert layout(table_of(3, 10)).is_landscape
    assert sum(layout(table_of(3, 10)).widths) == pytest.approx(LANDSCAPE)


def test_a_digest_stands_on_one_line() -> None:
    words = Caption(scope="Champ.", source="Source.")
    rows = (("K", "clé du tirage : protocole, base de sondage, quotas et graine", Code("f" * 64)),)
    table = Table(id="t", title="T", columns=("A", "B", "SHA-256"), rows=rows, caption=words)
    lies = layout(table)
    # 64 letters of DejaVu Sans Mono, each 0.602 of its size wide.
    assert lies.widths[2] >= 64 * 0.602 * 0.9 * lies.size
    assert not lies.is_landscape


def test_a_word_without_end_is_broken_and_not_clipped() -> None:
    table = table_of(1, 2, cell="y" * 400)
    elements = pdf_elements(pdf(document_of(table)))
    assert [squeezed(t) for kind, t in elements if kind == "TD"] == ["Ligne0", "y" * 400]


def test_rows_at_the_ends_and_heads_of_groups_are_not_left_alone() -> None:
    assert kept_together([False]) == [1]
    assert kept_together([False] * 2) == [2, 0]
    assert kept_together([False] * 6) == [2, 0, 1, 1, 2, 0]
    # The fourth row is the head of the fifth.
    assert kept_together([False, False, False, True, False, False, False]) == [2, 0, 1, 2, 0, 2, 0]
    assert parted([1] * 3) == ((0, 3),)
    assert parted([1, 1, 2, 2, 3]) == ((0, 2), (2, 4), (4, 5))


def test_a_tall_picture_fits_its_page() -> None:
    tall = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 4000"></svg>'
    assert on_paper(tall).width * 40 <= TALLEST + 0.1 * 40
    wide = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4000 100"></svg>'
    assert on_paper(wide).width == PORTRAIT
    assert png(wide) == png(wide)
