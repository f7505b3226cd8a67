"""``commit`` and the draw that keeps it: everything fixed before the seed, and nothing after."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from committed_lotteries import (
    DRAWN,
    LOTTERIES,
    MADE,
    NUMBERS,
    ROUND,
    SEED,
    beacon,
    eligible,
    public_flow,
)
from small_lotteries import NANCY, VECTORS, flow_of, nancy_like, record_of

from reliance_eval.errors import DataError, IntegrityError, ProtocolError, UnreadableInput
from reliance_eval.fingerprint import of_bytes
from reliance_eval.lottery import Commitment, Draw, commit, draw, verify_package
from reliance_eval.lottery.announcing import lines_of, page_of, text_of
from reliance_eval.lottery.committing import changed_files, number_of
from reliance_eval.protocol.model import PublicEvent
from reliance_eval.protocol.protocol import Protocol

LATER = LOTTERIES | {"at": datetime(2027, 3, 14, 19, 30, tzinfo=UTC)}


@pytest.fixture
def commitment() -> Commitment:
    return commit(public_flow(), at=MADE)


def with_source(made: Commitment, source: bytes) -> Commitment:
    """The same commitment, found beside a protocol of other bytes."""
    extract = made.parent.parent
    protocol = made.protocol
    other = Protocol(clauses=protocol.clauses, source=source, folder=protocol.folder)
    parent = type(extract)(protocol=other, digest=extract.digest)
    return replace(made, parent=replace(made.parent, parent=parent))


def test_the_draw_of_a_commitment_is_that_of_rl1s_vector(commitment):
    # lottery.md, vector A: the same units, places and numbers; only the protocol differs, and
    # with vector A's protocol the digests are those printed there.
    made = commit(public_flow(), at=MADE)
    made = replace(
        with_source(made, b"protocol: demo A\n"), protocol_digest=of_bytes(b"protocol: demo A\n")
    )
    made = replace(made, id=number_of(made))
    drawn = draw(made, value=NUMBERS, at=DRAWN)
    assert drawn.seed == SEED
    assert drawn.draw_key == "da2f3974b085c6384c8ff0a6a55b8765af0e033f191472ac3d473ca46f5e93e1"
    assert drawn.assignment_digest == (
        "5aee6c3bdb8e477b790ff5eecdc5305d24083e25fde241b1a630368cb07a36f7"
    )


def test_what_is_published_is_ascii_and_names_nobody(commitment):
    text = text_of(commitment)
    assert re.fullmatch(rb"(?:[a-z0-9_]+(?: [ -~]+?)?: [ -~]+\n)+", text)
    assert commitment.id == of_bytes(text)[:16]
    lines = dict(lines_of(commitment))
    assert lines["frame_sha256"] == of_bytes((VECTORS / "A" / "frame.tsv").read_bytes())
    assert lines["quota_sha256"] == of_bytes((VECTORS / "A" / "quota.tsv").read_bytes())
    assert lines["protocol_sha256"] == commitment.protocol.digest
    assert lines["event_draw_1"] == "Numero Joker"
    assert lines["clock"] == "declared"
    assert not re.search(rb"u\d\d", text)


def test_a_commitment_is_saved_and_found_again(commitment, tmp_path):
    commitment.write(tmp_path)
    again = Commitment.load(tmp_path, parent=commitment.parent)
    assert record_of(again) == record_of(commitment)
    assert text_of(again) == (tmp_path / "publish" / "commitment.txt").read_bytes()
    names = {path.name for path in (tmp_path / "package").iterdir()}
    assert names == {"protocol.txt", "frame.tsv", "quota.tsv", "sha256sums.txt"}
    found = {p.name: p.read_bytes() for p in (tmp_path / "package").iterdir()}
    assert list(changed_files(again, found)) == []


def test_a_commitment_that_may_be_shared_holds_no_identifier(commitment, tmp_path):
    commitment.write(tmp_path, shareable=True)
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or not re.search(rb"u0\d", path.read_bytes()), path.name


def test_row_order_and_machine_time_zone_never_matter(commitment):
    table = eligible().sample(frac=1, random_state=1)
    elsewhere = MADE.astimezone(datetime.now().astimezone().tzinfo)
    assert record_of(commit(public_flow(table), at=elsewhere)) == record_of(commitment)


@pytest.mark.parametrize("hours", [0, 1, 24 * 13])
def test_the_machines_own_clock_is_named_where_no_instant_is_declared(hours):
    event = LOTTERIES | {"at": datetime.now(UTC) + timedelta(days=30, hours=hours)}
    made = commit(public_flow(event=event, day=event["at"].date() + timedelta(days=1)))
    assert made.clock == "machine"
    assert abs(made.at - datetime.now(UTC)) < timedelta(minutes=1)


def test_o38_an_event_before_its_notice_is_refused():
    with pytest.raises(IntegrityError) as caught:
        commit(public_flow(), at=datetime(2027, 3, 2, 9, tzinfo=UTC))
    assert caught.value.exit_code == 76
    for instant in ("2027-03-12T19:30:00Z", "2027-03-02T09:00:00Z", "20:30:00+01:00"):
        assert instant in caught.value.text()


def test_a_plain_protocol_has_nothing_to_commit_to():
    with pytest.raises(ProtocolError) as caught:
        commit(flow_of(eligible()))
    assert caught.value.code == "E-COMMITMENT-NO-EVENT"


@pytest.mark.parametrize("given", [{"seed": "text:x"}, {"value": NUMBERS}, {}])
def test_o37_a_public_seed_without_a_commitment_is_told_to_commit_first(given):
    with pytest.raises(ProtocolError) as caught:
        draw(public_flow(), **given)
    assert caught.value.exit_code == 78
    assert "commit first" in caught.value.text()


def test_too_few_units_are_found_out_before_anything_is_committed():
    with pytest.raises(DataError) as caught:
        commit(public_flow(eligible(7)), at=MADE)
    assert caught.value.code == "E-LOTTERY-TOO-FEW"


def test_the_draw_waits_for_the_event(commitment):
    with pytest.raises(IntegrityError) as caught:
        draw(commitment, value=NUMBERS, at=LOTTERIES["at"] - timedelta(seconds=1))
    assert caught.value.code == "E-DRAW-EARLY"
    assert draw(commitment, value=NUMBERS, at=LOTTERIES["at"]).commitment_id == commitment.id


def test_a_draw_asks_for_the_value(commitment):
    with pytest.raises(UnreadableInput) as caught:
        draw(commitment, at=DRAWN)
    assert caught.value.code == "E-DRAW-NO-VALUE"


def test_the_same_value_gives_the_same_draw(commitment):
    first = draw(commitment, value=NUMBERS, at=DRAWN)
    later = draw(commitment, value="9319/12 10 8 5 2/ 45 41 34 26 18 9", at=DRAWN + timedelta(9))
    assert record_of(first) == record_of(later)


def test_o09_a_byte_of_the_protocol_changed_is_refused_with_both_digests(commitment):
    other = with_source(commitment, commitment.protocol.source + b"\n")
    with pytest.raises(IntegrityError) as caught:
        draw(other, value=NUMBERS, at=DRAWN)
    said = caught.value.text()
    assert caught.value.exit_code == 76
    assert commitment.protocol_digest[:12] in said
    assert other.protocol.digest[:12] in said
    assert "2027-03-01" in said
    assert "amendment" in said


def test_o41_a_line_added_to_the_frame_is_refused_by_its_key(commitment):
    line = pd.DataFrame({"unit": ["u99"], "block": ["-"]})
    other = replace(commitment, frame=pd.concat([commitment.frame, line], ignore_index=True))
    with pytest.raises(IntegrityError) as caught:
        draw(other, value=NUMBERS, at=DRAWN)
    assert caught.value.exit_code == 76
    assert "frame_sha256" in caught.value.text()


@pytest.mark.parametrize(
    "change",
    [
        {"committed_at": "2027-02-01T09:00:00Z"},
        {"clock": "machine"},
        {"notice_days": 0},
        {"fallback": PublicEvent.model_validate(LATER)},
        {"event": PublicEvent.model_validate(LOTTERIES | {"sources": ("a", "b", "c")})},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_was_published_of_event_and_instant_is_what_the_draw_keeps(commitment, change):
    with pytest.raises(IntegrityError) as caught:
        draw(replace(commitment, **change), value=NUMBERS, at=DRAWN)
    assert caught.value.exit_code == 76
    assert "commitment.txt" in caught.value.text()


def test_a_code_list_changed_is_refused_by_its_name(tmp_path):
    flow = public_flow()
    (tmp_path / "codes.csv").write_text("code\n54395\n", encoding="utf-8")
    protocol = flow.protocol
    listed = Protocol(protocol.clauses, protocol.source, tmp_path, {"codes.csv": ("54395",)})
    extract = type(flow.parent)(protocol=listed, digest=flow.parent.digest)
    made = commit(replace(flow, parent=extract), at=MADE)
    assert draw(made, value=NUMBERS, at=DRAWN).seed == SEED
    (tmp_path / "codes.csv").write_text("code\n54395\n54396\n", encoding="utf-8")
    with pytest.raises(IntegrityError) as caught:
        draw(made, value=NUMBERS, at=DRAWN)
    assert "codes.csv" in caught.value.text()
    assert "code_list_sha256" in caught.value.text()


def test_exclusions_move_nobody_of_smaller_rank(commitment):
    without = draw(commitment, value=NUMBERS, at=DRAWN)
    third = without.assignment.sort_values("rank")["unit"].iloc[2]
    excluded = draw(commitment, value=NUMBERS, at=DRAWN, exclusions=[third])
    # lottery.md, "Properties to test": excluding rank k leaves every smaller rank unchanged,
    # moves one C to T at most and one R to C.
    both = without.assignment.merge(excluded.assignment, on="unit", suffixes=("", "_then"))
    moved = both[both["arm"] != both["arm_then"]]
    assert (moved["rank"] >= 3).all()
    assert sorted(zip(moved["arm"], moved["arm_then"], strict=True)) == [
        ("control", "offered"),
        ("offered", "excluded"),
        ("reserve", "control"),
    ]
    assert excluded.frame_digest == without.frame_digest
    assert excluded.draw_key == without.draw_key


def test_exclusions_are_units_of_the_list_and_leave_enough_of_them(commitment):
    with pytest.raises(DataError) as caught:
        draw(commitment, value=NUMBERS, at=DRAWN, exclusions=["u01", "u77", "u78"])
    assert caught.value.code == "E-EXCLUSIONS-UNKNOWN"
    assert "u77" not in caught.value.text()
    with pytest.raises(DataError) as caught:
        draw(commitment, value=NUMBERS, at=DRAWN, exclusions=[f"u{i:02d}" for i in range(1, 6)])
    assert caught.value.code == "E-LOTTERY-QUOTA"


def test_the_fallback_serves_only_where_one_is_named(commitment):
    with pytest.raises(ProtocolError) as caught:
        draw(commitment, value=NUMBERS, fallback=True, at=DRAWN)
    assert caught.value.code == "E-DRAW-NO-FALLBACK"
    made = commit(public_flow(event=LOTTERIES | {"fallback": LATER}), at=MADE)
    with pytest.raises(IntegrityError) as waited:
        draw(made, value=NUMBERS, fallback=True, at=DRAWN)
    assert waited.value.code == "E-DRAW-EARLY"
    assert "2027-03-14" in waited.value.text()
    assert draw(made, value=NUMBERS, fallback=True, at=DRAWN + timedelta(3)).seed == SEED


def test_a_round_of_drand_is_the_seed_of_a_draw():
    event = {"event": ROUND, "day": datetime(2023, 9, 15).date()}
    made = commit(public_flow(**event), at=datetime(2023, 9, 1, tzinfo=UTC))
    after = datetime(2023, 9, 15, 11, 1, tzinfo=UTC)
    drawn = draw(made, value=beacon(), at=after)
    assert drawn.seed is not None
    assert drawn.seed.startswith("drand:quicknet:657413:fc1873a1")
    with pytest.raises(IntegrityError) as caught:
        draw(made, value=beacon(round=657412), at=after)
    assert "round 657413" in caught.value.text()


def test_a_stratified_commitment_draws_and_its_package_verifies(tmp_path):
    made = commit(public_flow(nancy_like(), **NANCY), at=MADE)
    assert sum(sum(quota.places) for quota in made.quotas) == 600
    drawn = draw(made, value=NUMBERS, at=DRAWN)
    assert isinstance(drawn, Draw)
    drawn.write(tmp_path)
    assert verify_package(tmp_path / "package").draw_key == drawn.draw_key
    assert Draw.load(tmp_path, parent=made).commitment_id == made.id


@pytest.mark.parametrize(
    ("lottery", "columns", "files"),
    [
        ({"design": "simple", "odds": (1, 2)}, {}, {"odds.tsv"}),
        (
            {
                "design": "rerandomised",
                "balance": {"covariates": ({"variable": "age", "scale": 1, "bound": 40},)},
            },
            {"age": range(20, 32)},
            {"quota.tsv", "covariates.tsv", "bounds.tsv"},
        ),
        (
            {"design": "clustered", "arms": {"offered": 2, "control": 2}, "clusters": "village"},
            {"cluster": [f"v{i // 2}" for i in range(12)]},
            {"quota.tsv"},
        ),
        (
            {"design": "pairs", "pairs": {"covariates": ({"variable": "age", "scale": 1},)}},
            {"age": range(20, 32)},
            {"quota.tsv"},
        ),
    ],
    ids=lambda value: value.get("design", "") if isinstance(value, dict) else "",
)
def test_every_design_is_committed_to_and_drawn_as_committed(lottery, columns, files, tmp_path):
    made = commit(public_flow(eligible(**columns), **lottery), at=MADE)
    (tmp_path / "commitment").mkdir()
    made.write(tmp_path / "commitment")
    names = {path.name for path in (tmp_path / "commitment" / "package").iterdir()}
    assert names == files | {"protocol.txt", "frame.tsv", "sha256sums.txt"}
    again = Commitment.load(tmp_path / "commitment", parent=made.parent)
    drawn = draw(again, value=NUMBERS, at=DRAWN)
    assert record_of(drawn) == record_of(draw(made, value=NUMBERS, at=DRAWN))
    assert drawn.quota_digest == made.quota_digest
    assert drawn.frame_digest == made.frame_digest
    (tmp_path / "draw").mkdir()
    drawn.write(tmp_path / "draw")
    verify_package(tmp_path / "draw" / "package")
    for language in ("fr", "en"):
        assert made.frame_digest in page_of(made, language).decode()


def test_a_commitment_shows_no_rows_of_people(commitment):
    for shown in (repr(commitment), commitment._repr_html_(), str(commitment.to_pandas())):
        assert not re.search(r"u0\d", shown)
