"""The clause of the seed event: what two strangers could read differently is refused."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from reliance_eval.protocol import read_protocol
from reliance_eval.protocol.appointing import event_findings
from reliance_eval.protocol.model import Clauses

LOTTERIES = {
    "source": "rfc3797",
    "name": {"en": "lotteries of 12 March 2027"},
    "at": datetime(2027, 3, 12, 19, 30, tzinfo=UTC),
    "sources": ("Joker", "Loto", "EuroMillions"),
}
ROUND = {
    "source": "drand",
    "name": {"en": "drand quicknet"},
    "at": datetime(2023, 9, 15, 11, 0, 3, tzinfo=UTC),
    "network": "quicknet",
    "round": 657413,
}


def found(event: dict, **lottery: object) -> list[tuple[str, str]]:
    """The path and code of every finding on a protocol with this event."""
    clause = {
        "day": date(2027, 3, 12),
        "unit": "id",
        "design": "complete",
        "size": 8,
        "arms": {"offered": 4, "control": 4},
        "event": event,
    }
    clauses = Clauses.model_validate(
        {
            "format": 1,
            "trial": {"id": "small", "title": {"en": "Small"}},
            "extracts": {"people": {"id": "id"}},
            "eligibility": {"extract": "people", "on": date(2027, 1, 31)},
            "lottery": clause | lottery,
            "outcomes": (
                {
                    "name": "employed",
                    "label": {"en": "Employed"},
                    "kind": "binary",
                    "from": {"extract": "people", "column": "job"},
                    "horizons_months": (3,),
                },
            ),
            "analyses": ({"estimand": "itt"},),
        }
    )
    return [(".".join(map(str, f.path)), f.code) for f in event_findings(clauses)]


def test_whole_events_are_admitted():
    assert found(LOTTERIES) == []
    assert found(ROUND) == []
    later = LOTTERIES | {"at": datetime(2027, 3, 14, 19, 30, tzinfo=UTC)}
    assert found(LOTTERIES | {"fallback": later, "notice_days": 0}) == []


@pytest.mark.parametrize(
    ("event", "lottery", "path", "code"),
    [
        (LOTTERIES, {"seed": "text:x"}, "lottery.seed", "E-PROTOCOL-EVENT-SEED"),
        (LOTTERIES, {"design": "recorded"}, "lottery.event", "E-PROTOCOL-EVENT-RECORDED"),
        (LOTTERIES | {"fallback": LOTTERIES}, {}, "lottery.event.fallback.at",
         "E-PROTOCOL-EVENT-FALLBACK"),
        (LOTTERIES, {"day": date(2027, 3, 11)}, "lottery.day", "E-PROTOCOL-EVENT-DAY"),
        (LOTTERIES | {"at": datetime(2027, 3, 12, 19, 30)}, {}, "lottery.event.at",
         "E-PROTOCOL-EVENT-OFFSET"),
        (LOTTERIES | {"supersedes": "0" * 16}, {}, "lottery.event", "E-PROTOCOL-MISSING-KEY"),
        (LOTTERIES | {"because": {"en": "?"}}, {}, "lottery.event", "E-PROTOCOL-MISSING-KEY"),
        (LOTTERIES | {"sources": ()}, {}, "lottery.event", "E-PROTOCOL-MISSING-KEY"),
        (LOTTERIES | {"sources": ("Dice of the mayor", "dice 2")}, {}, "lottery.event.sources",
         "E-PROTOCOL-EVENT-DICE"),
        (LOTTERIES | {"round": 3}, {}, "lottery.event.round", "E-PROTOCOL-EVENT-KEY"),
        (ROUND | {"sources": ("Loto",)}, {}, "lottery.event.sources", "E-PROTOCOL-EVENT-KEY"),
        (ROUND | {"round": None}, {}, "lottery.event", "E-PROTOCOL-MISSING-KEY"),
        (ROUND | {"network": None}, {}, "lottery.event", "E-PROTOCOL-MISSING-KEY"),
        (ROUND | {"round": 657414}, {}, "lottery.event.at", "E-PROTOCOL-EVENT-ROUND"),
    ],
)  # fmt: skip
def test_a_contradiction_is_found_at_its_key(event, lottery, path, code):
    assert found(event, **lottery) == [(path, code)]


def test_dice_are_admitted_beside_a_public_lottery():
    assert found(LOTTERIES | {"sources": ("Loto", "dice thrown in public")}) == []


def test_dice_are_no_source_of_an_event():
    with pytest.raises(ValidationError):
        found(LOTTERIES | {"source": "dice"})


def test_the_event_of_a_file_is_read_with_its_offset(tmp_path):
    from reliance_eval.study import start_study

    start_study(tmp_path / "study", programme="nancy")
    path = tmp_path / "study" / "protocol.toml"
    text = path.read_text(encoding="utf-8")
    start = text.index('seed = "text:')
    end = text.index("\n", start)
    event = """
[lottery.event]
source = "rfc3797"
name = { en = "lotteries" }
at = 2018-02-15T20:35:00+01:00
sources = ["Joker", "Loto", "EuroMillions"]
"""
    place = text.index("[take_up]")
    text = text[:start] + text[end:place] + event.lstrip() + "\n" + text[place:]
    path.write_text(text, encoding="utf-8")
    clause = read_protocol(path).clauses.lottery.event
    assert clause is not None
    assert clause.at == datetime(2018, 2, 15, 19, 35, tzinfo=UTC)
    assert clause.notice_days == 10
