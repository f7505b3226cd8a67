"""The procès-verbal: its facts from draw and log, its two copies, its bytes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC

import pytest
from held_draws import HELD, VALUE, Held, line, plain, public

from reliance_eval.errors import ProtocolError, UnreadableInput
from reliance_eval.lottery.sealing import cutoffs_file
from reliance_eval.reporting.disclosure import Gate, rules_of
from reliance_eval.reporting.document import Code
from reliance_eval.reporting.minutes import Minutes, facts_of, write_minutes
from reliance_eval.reporting.minutes.composing import compose
from reliance_eval.reporting.minutes.paper import Finding, Form, Grid, Paper
from reliance_eval.reporting.minutes.printing import page, printed

PLACES = "Unités tirées au sort, par strate et par groupe"


@pytest.fixture(scope="module")
def held() -> Held:
    return public()


@pytest.fixture(scope="module")
def written(held: Held) -> Minutes:
    return write_minutes(facts_of(held.draw, held.log))


def paper(held: Held, language: str = "fr", *, is_public: bool = False) -> Paper:
    gate = Gate(rules_of(held.draw.protocol))
    return compose(facts_of(held.draw, held.log), language, gate, is_public=is_public)


def said(of: Paper) -> str:
    """Every text of a paper, as a reader meets it."""
    html = page(of).decode("utf-8").replace("\u202f", " ").replace("\u00a0", " ")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def grid(of: Paper, part: str, title: str) -> Grid:
    found = [
        piece
        for item in of.parts
        if item.title == part
        for piece in item.pieces
        if isinstance(piece, Grid) and piece.title == title
    ]
    assert len(found) == 1, (part, title)
    return found[0]


def texts(of: Grid) -> list[list[str]]:
    return [[cell.text if isinstance(cell, Code) else cell for cell in row] for row in of.rows]


def conclusion(of: Paper) -> str:
    return [p.title for p in of.parts[-1].pieces if isinstance(p, Finding)][-1]


# ------------------------------------------------------------------ facts


def test_ten_clear_days_are_counted_without_either_end(held: Held) -> None:
    # From 1 to 12 March: the 2nd to the 11th are ten days.
    assert facts_of(held.draw, held.log).notice == 10


def test_a_sound_draw_is_valid(held: Held) -> None:
    facts = facts_of(held.draw, held.log)
    assert facts.is_valid
    assert [c.name for c in facts.conditions] == [
        "notice",
        "after_event",
        "exclusions",
        "once",
        "again",
    ]


def test_exclusions_logged_after_the_event_end_the_draw(held: Held) -> None:
    late = [
        entry | {"at": "2027-03-12T20:10:00+00:00"} if entry["act"] == "exclude" else entry
        for entry in held.log
    ]
    facts = facts_of(held.draw, late)
    assert [c.name for c in facts.conditions if not c.is_met] == ["exclusions"]
    text = said(paper(Held(held.draw, late)))
    assert "tirage à recommencer" in text
    assert held.draw.commitment_id in text


def test_a_draw_before_its_event_does_not_stand(held: Held) -> None:
    early = [e | {"at": "2027-03-12T19:59:00Z"} if e["act"] == "draw" else e for e in held.log]
    facts = facts_of(held.draw, early)
    assert "after_event" in [c.name for c in facts.conditions if not c.is_met]


def test_an_assignment_changed_by_hand_does_not_stand(held: Held) -> None:
    rows = held.draw.assignment.copy()
    swapped = rows["arm"].replace({"offered": "control", "control": "offered"})
    changed = replace(held.draw, assignment=rows.assign(arm=swapped))
    facts = facts_of(changed, held.log)
    assert {c.name for c in facts.conditions if not c.is_met} == {"once", "again"}


def test_another_draw_in_the_log_does_not_stand(held: Held) -> None:
    twice = [*held.log, line(6, "2027-03-12T22:00:00Z", "draw", digest="0" * 64, event="event")]
    facts = facts_of(held.draw, twice)
    assert [c.name for c in facts.conditions if not c.is_met] == ["once"]


def test_the_same_draw_logged_twice_is_one_draw(held: Held) -> None:
    again = held.log[-1] | {"n": 6}
    assert facts_of(held.draw, [*held.log, again]).is_valid


def test_a_fallback_is_named_with_its_reason() -> None:
    held = public(is_fallback=True)
    facts = facts_of(held.draw, held.log)
    assert facts.is_valid
    assert facts.event == facts.commitment.fallback
    assert "l’événement de repli, pour le motif suivant : tirage du Loto annulé" in said(
        paper(held)
    )


def test_a_log_without_the_draw_gives_no_paper(held: Held) -> None:
    with pytest.raises(UnreadableInput) as refused:
        facts_of(held.draw, held.log[:-1])
    assert refused.value.code == "E-MINUTES-NO-LINE"


def test_a_draw_held_elsewhere_gives_no_paper(held: Held) -> None:
    with pytest.raises(ProtocolError) as refused:
        facts_of(replace(held.draw, seed=None), held.log)
    assert refused.value.code == "E-MINUTES-RECORDED"


# ------------------------------------------------------------------ what is said


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("is_public", [False, True])
def test_every_digest_is_there(held: Held, language: str, *, is_public: bool) -> None:
    draw = held.draw
    text = said(paper(held, language, is_public=is_public))
    for digest in (
        draw.protocol_digest,
        draw.frame_digest,
        draw.quota_digest,
        draw.draw_key,
        draw.assignment_digest,
        draw.seed,
        draw.commitment_id,
    ):
        assert str(digest) in text


def test_the_restricted_copy_counts_exactly(held: Held) -> None:
    of = paper(held)
    exclusions = grid(of, "Exclusions entre l’engagement et l’événement", "Exclusions par motif")
    assert texts(exclusions) == [["décès", "1"], ["déménagement", "2"]]
    places = texts(
        grid(of, "Unités tirées au sort", "Unités tirées au sort, par strate et par groupe")
    )
    # 600 drawn and 3 excluded of 1,000.
    assert places[-1] == ["Ensemble", "300", "300", "397", "3"]
    by_block = {row[0]: [int(n) for n in row[1:]] for row in places[:-1]}
    for quota in held.draw.quotas:
        offered, control, reserve, excluded = by_block[quota.block]
        assert (offered, control) == quota.places
        assert offered + control + reserve == quota.live
        assert excluded <= 3


def test_the_publishable_copy_names_no_block_and_no_small_count(held: Held) -> None:
    of = paper(held, is_public=True)
    text = said(of)
    assert "job_" not in text
    exclusions = grid(of, "Exclusions entre l’engagement et l’événement", "Exclusions par motif")
    assert texts(exclusions) == [["décès", "s"], ["déménagement", "s"]]
    places = texts(
        grid(of, "Unités tirées au sort", "Unités tirées au sort, par strate et par groupe")
    )
    assert places == [["Ensemble", "300", "300", "395", "s"]]
    assert "18 strates" in text


def test_no_unit_is_in_either_copy(held: Held, written: Minutes) -> None:
    for name, content in written.files.items():
        assert b"SYNTH-0" not in content, name


def test_the_cut_offs_are_those_of_the_sealed_package(held: Held) -> None:
    facts = facts_of(held.draw, held.log)
    expected = {
        ticket
        for row in cutoffs_file(facts.package).decode().splitlines()[1:]
        for ticket in row.split("\t")[1:]
    }
    for is_public in (False, True):
        of = grid(paper(held, is_public=is_public), "Seuils et classement", "Seuils")
        assert {row[2] for row in texts(of)} == expected


def test_those_present_sign_one_copy_only(held: Held) -> None:
    forms = {
        is_public: [
            piece
            for part in paper(held, is_public=is_public).parts
            for piece in part.pieces
            if isinstance(piece, Form)
        ]
        for is_public in (False, True)
    }
    assert [form.lines for form in forms[False]] == [8]
    assert forms[True] == []


def test_a_refused_attempt_is_an_incident(held: Held) -> None:
    rows = texts(grid(paper(held), "Incidents et observations", "Tentatives refusées"))
    assert [(row[0], row[2], row[3]) for row in rows] == [("4", "tirage", "E-DRAW-EARLY")]
    quiet = [entry for entry in held.log if entry["act"] != "draw-refused"]
    assert "aucune tentative refusée" in said(paper(Held(held.draw, quiet)))


def test_what_is_refused_after_the_minutes_changes_no_byte_of_them(
    held: Held, written: Minutes
) -> None:
    later = [
        *held.log,
        line(6, "2027-03-13T08:00:00Z", "minutes"),
        line(7, "2027-03-20T08:00:00Z", "exclude-refused", code="E-EXCLUSIONS-LATE"),
    ]
    assert write_minutes(facts_of(held.draw, later)).digests == written.digests


def test_a_declared_clock_is_said(held: Held) -> None:
    assert "Dates et heures déclarées" in said(paper(held))
    assert "Dates et heures déclarées" not in said(paper(plain()))


def test_a_plain_draw_is_named_as_such() -> None:
    text = said(paper(plain()))
    assert "tirage sans engagement" in text
    assert conclusion(paper(plain())).startswith("Conclusion\u202f: tirage sans engagement")
    assert "Exclusions entre" not in text
    assert "commitment.txt" not in text


def test_languages_state_the_same_values(held: Held) -> None:
    digests = [
        sorted(set(re.findall(r"[0-9a-f]{64}|20\d\d-\d\d-\d\dT[0-9:]+Z", said(paper(held, code)))))
        for code in ("fr", "en")
    ]
    assert digests[0] == digests[1]
    assert len(digests[0]) > 40


# ------------------------------------------------------------------ bytes


def test_the_same_draw_and_log_give_the_same_bytes(held: Held, written: Minutes) -> None:
    again = write_minutes(facts_of(held.draw, held.log))
    assert again.files == written.files
    assert set(written.files) == {
        f"{folder}minutes.{language}.{kind}"
        for folder in ("", "publish/")
        for language in ("fr", "en")
        for kind in ("html", "pdf")
    }


def test_the_pdf_is_tagged_dated_and_carries_its_fonts(written: Minutes) -> None:
    content = written.restricted["minutes.fr.pdf"]
    assert content.startswith(b"%PDF-")
    assert b"pdfuaid:part" in content
    assert b"/MarkInfo" in content
    assert b"/StructTreeRoot" in content
    assert HELD.astimezone(UTC).strftime("D:%Y%m%d%H%M").encode() in content
    assert b"DejaVuSans" in content


def test_markup_in_the_data_stays_text() -> None:
    held = public()
    hostile = '<script>x</script> #panic("no") *bold* $x$ \\ `raw` = head'
    log = [e | {"reasons": {hostile: 3}} if e["act"] == "exclude" else e for e in held.log]
    of = paper(Held(held.draw, log))
    assert b"<script>" not in page(of)
    assert "&lt;script&gt;" in page(of).decode("utf-8")
    assert printed(of, at=HELD).startswith(b"%PDF-")


def test_a_page_asks_for_nothing(written: Minutes) -> None:
    for name, content in written.files.items():
        if name.endswith(".html"):
            assert not re.search(rb"<script|https?://|<link|<img|url\(", content), name


def test_the_seed_is_printed_in_its_canonical_form(held: Held) -> None:
    assert VALUE not in said(paper(held))
    assert "rfc3797:9319./2.5.8.10.12./9.18.26.34.41.45./" in said(paper(held))
