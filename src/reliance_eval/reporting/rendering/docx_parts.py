"""What a Word document needs beside its text: styles, fields, contents, and bytes that repeat."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from reliance_eval.reporting.rendering.printable import printable

if TYPE_CHECKING:
    from docx.document import Document as Word
    from docx.oxml.text.paragraph import CT_P

LOCALES = {"en": "en-GB", "fr": "fr-FR"}
"""What Word calls a language; another is given as it is."""

FONT = "Arial"
ACCENT = "1F3B57"
SIZES = {
    "Normal": 10.0,
    "Title": 20.0,
    "Subtitle": 12.0,
    "Heading 1": 14.0,
    "Heading 2": 11.5,
    "Heading 3": 10.5,
    "Caption": 10.0,
    "Header": 8.0,
    "Footer": 8.0,
}
"""Size of type of each style, in points."""

WORDS_UNDER = "Exhibit words"
"""The style of the words under a table or a figure."""

FIRST = (1980, 1, 1, 0, 0, 0)
"""The date of every member of the archive: the first that zip knows."""


def styled(word: Word, language: str) -> None:
    """Set the styles: one sans-serif, one accent, the language of the proofing tools."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt, RGBColor

    styles = word.styles
    under: Any = styles.add_style(WORDS_UNDER, WD_STYLE_TYPE.PARAGRAPH)
    under.base_style = styles["Normal"]
    for name, size in {**SIZES, WORDS_UNDER: 8.0}.items():
        style: Any = styles[name]
        style.font.size = Pt(size)
        style.font.italic = False
        style.font.color.rgb = RGBColor.from_string(
            ACCENT if name.startswith(("Heading", "Caption")) else "1A1A1A"
        )
        _one_font(style.element)
    under.paragraph_format.space_after = Pt(2)
    caption: Any = styles["Caption"]
    caption.font.bold = True
    caption.paragraph_format.keep_with_next = True
    caption.paragraph_format.space_before = Pt(12)
    caption.paragraph_format.space_after = Pt(4)
    defaults = styles.element.find(_tag("w:docDefaults")).find(_tag("w:rPrDefault"))
    marks = defaults.find(_tag("w:rPr"))
    lang = marks.find(_tag("w:lang"))
    lang.set(_tag("w:val"), LOCALES.get(language, language))


def _one_font(element: Any) -> None:
    marks = element.get_or_add_rPr()
    for fonts in marks.findall(_tag("w:rFonts")):
        marks.remove(fonts)
    fonts = marks.get_or_add_rFonts()
    for script in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(_tag(f"w:{script}"), FONT)


def field(instruction: str) -> list[Any]:
    """Give the runs of a field that Word fills: ``PAGE``, ``NUMPAGES``."""
    return [
        _run('<w:fldChar w:fldCharType="begin"/>'),
        _run(f'<w:instrText xml:space="preserve"> {instruction} </w:instrText>'),
        _run('<w:fldChar w:fldCharType="separate"/>'),
        _run("<w:t>1</w:t>"),
        _run('<w:fldChar w:fldCharType="end"/>'),
    ]


def contents(entries: Iterable[tuple[str, str]]) -> list[CT_P]:
    """Give the paragraphs of a table of contents: links at once, pages when Word updates it.

    Parameters
    ----------
    entries : iterable of (bookmark, title)
    """
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    begin = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        r'<w:r><w:instrText xml:space="preserve"> TOC \o "1-1" \h \z \u </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    )
    end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    lines = list(entries)
    paragraphs: list[CT_P] = []
    for place, (bookmark, title) in enumerate(lines):
        link = (
            f'<w:hyperlink w:anchor="{bookmark}" w:history="1"><w:r>'
            f'<w:t xml:space="preserve">{escape(printable(title))}</w:t></w:r></w:hyperlink>'
        )
        paragraph: Any = parse_xml(
            f'<w:p {nsdecls("w")}><w:pPr><w:spacing w:after="40"/></w:pPr>'
            f"{begin if place == 0 else ''}{link}{end if place == len(lines) - 1 else ''}</w:p>"
        )
        paragraphs.append(paragraph)
    return paragraphs


def bookmarked(paragraph: Any, name: str, number: int) -> None:
    """Put a bookmark around the text of a paragraph, for the contents to lead to."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    declared = nsdecls("w")
    start = parse_xml(f'<w:bookmarkStart {declared} w:id="{number}" w:name="{name}"/>')
    end = parse_xml(f'<w:bookmarkEnd {declared} w:id="{number}"/>')
    paragraph._p.insert(1 if paragraph._p.pPr is not None else 0, start)
    paragraph._p.append(end)


def described(word: Word, *, title: str, language: str, at: datetime) -> None:
    """Set the properties of the file, none of which depends on the run."""
    core = word.core_properties
    core.title = printable(title)[:255]
    core.author = core.last_modified_by = "reliance-eval"
    core.language = LOCALES.get(language, language)
    core.comments = core.keywords = core.subject = ""
    core.revision = 1
    core.created = core.modified = at


def archived(word: Word) -> bytes:
    """Give the bytes of a document: members in the order of their names, of one date."""
    draft, final = BytesIO(), BytesIO()
    word.save(draft)
    with ZipFile(draft) as written, ZipFile(final, "w", ZIP_DEFLATED) as archive:
        # The list of types comes first, as readers of the format expect.
        for name in sorted(written.namelist(), key=lambda name: (name[0] != "[", name)):
            member = ZipInfo(name, FIRST)
            member.compress_type = ZIP_DEFLATED
            member.create_system = 3
            archive.writestr(member, written.read(name))
    return final.getvalue()


def _run(inner: str) -> Any:
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    return parse_xml(f"<w:r {nsdecls('w')}>{inner}</w:r>")


def _tag(name: str) -> str:
    from docx.oxml.ns import qn

    return qn(name)
