"""From an event's value to the seed: one spelling, and no round but the network's own."""

import struct
from datetime import UTC, datetime

import pytest
from committed_lotteries import BEACON, LOTTERIES, NUMBERS, ROUND, SEED, beacon
from hypothesis import given
from hypothesis import strategies as st

from reliance_eval.errors import DataError, IntegrityError, UnreadableInput
from reliance_eval.fingerprint import of_bytes
from reliance_eval.lottery import quicknet
from reliance_eval.lottery.beacons import seed_of
from reliance_eval.lottery.seeds import is_canonical
from reliance_eval.protocol.event import QUICKNET_GENESIS, QUICKNET_PERIOD
from reliance_eval.protocol.model import PublicEvent

NUMBERED = PublicEvent.model_validate(LOTTERIES)
DRAND = PublicEvent.model_validate(ROUND)


@pytest.mark.parametrize(
    "value",
    [
        NUMBERS,
        "9319/2 5 8 10 12/9 18 26 34 41 45",
        " 9319 /\t12 10 8 5 2 / 45-41-34-26-18-9 /",
        "09319 / 02, 05, 08, 10, 12 / 9 18 26 34 41 45\n",
        "9319./2.5.8.10.12./9.18.26.34.41.45./",
    ],
)
def test_every_way_of_writing_the_same_numbers_is_one_seed(value):
    assert seed_of(NUMBERED, value) == SEED
    assert is_canonical(SEED)


@given(st.lists(st.lists(st.integers(0, 99999), min_size=1, max_size=8), min_size=3, max_size=3))
def test_the_order_of_the_balls_never_matters(sources):
    written = [
        " / ".join(" ".join(map(str, s)) for s in given)
        for given in (sources, [s[::-1] for s in sources])
    ]
    seed, again = (seed_of(NUMBERED, value) for value in written)
    assert seed == again
    assert is_canonical(seed)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("9319 / 2 5 8 10 12", "E-EVENT-SOURCES"),
        (NUMBERS + " / 4", "E-EVENT-SOURCES"),
        ("", "E-EVENT-SOURCES"),
        ("9319 / 2 5 8 10 douze / 9", "E-EVENT-NUMBERS"),
        ("9319 // 9", "E-EVENT-NUMBERS"),
        ("9319 / 2,5;+8 / 9", "E-EVENT-NUMBERS"),
        ("9319 / ٢ / 9", "E-EVENT-NUMBERS"),
        (" / ".join([" ".join(["123456789"] * 30)] * 3), "E-EVENT-LONG"),
    ],
)
def test_what_is_not_the_numbers_of_the_named_lotteries_is_rejected(value, code):
    with pytest.raises(DataError) as caught:
        seed_of(NUMBERED, value)
    assert caught.value.code == code


def test_a_genuine_round_gives_the_seed_of_the_worked_vector():
    # lottery.md, worked vector B.
    assert seed_of(DRAND, beacon(previous_signature="")) == (
        "drand:quicknet:657413:fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587"
    )


def forged(position: int) -> dict[str, str]:
    """A signature with one bit changed, and the randomness that follows from it."""
    signature = bytearray.fromhex(BEACON["signature"])
    signature[position] ^= 1
    return {"signature": signature.hex(), "randomness": of_bytes(bytes(signature))}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (beacon(round=657414), "E-EVENT-ROUND"),
        (beacon(round="657413"), "E-EVENT-ROUND"),
        (beacon(round=True), "E-EVENT-ROUND"),
        (beacon(randomness="0" * 64), "E-EVENT-RANDOMNESS"),
        (beacon(randomness=BEACON["randomness"].upper()), "E-EVENT-HEX"),
        (beacon(signature=BEACON["signature"][:-2]), "E-EVENT-HEX"),
        (beacon(signature=None), "E-EVENT-HEX"),
        (beacon(**forged(47)), "E-EVENT-SIGNATURE"),
        (beacon(**forged(0)), "E-EVENT-SIGNATURE"),
    ],
)
def test_o43_a_round_that_is_not_the_networks_is_refused_by_its_number(value, code):
    with pytest.raises(IntegrityError) as caught:
        seed_of(DRAND, value)
    assert caught.value.code == code
    assert caught.value.exit_code == 76
    assert "round 657413" in caught.value.text()


@pytest.mark.parametrize("value", ["", "[]", "7", "{}", '{"round": 657413}', "{", "null"])
def test_what_is_no_round_is_rejected(value):
    with pytest.raises(DataError) as caught:
        seed_of(DRAND, value)
    assert caught.value.code == "E-EVENT-BEACON"


def test_a_signature_of_another_round_is_not_this_rounds():
    signature = bytes.fromhex(BEACON["signature"])
    assert quicknet.is_signed(657413, signature)
    assert not quicknet.is_signed(657412, signature)


@pytest.mark.parametrize("point", [b"\xc0" + bytes(47), bytes(48), b"\xff" * 48], ids=len)
def test_a_point_that_is_no_signature_is_not_one(point):
    # The point at infinity satisfies a careless pairing check with any hash of infinity.
    assert not quicknet.is_signed(1, point)


def test_the_pinned_key_and_genesis_are_those_the_chain_is_named_after():
    # A drand chain's hash is SHA-256 over period (4 bytes), genesis (8 bytes), public key, hash
    # of the group and name of the network. The group's hash is from the network's information.
    group = bytes.fromhex("f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e")
    head = struct.pack(">Iq", QUICKNET_PERIOD, QUICKNET_GENESIS)
    chain = of_bytes(head + bytes.fromhex(quicknet.PUBLIC_KEY) + group + b"quicknet")
    assert chain == "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"


def test_without_the_library_one_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(quicknet, "find_spec", lambda _name: None)
    with pytest.raises(UnreadableInput) as caught:
        quicknet.is_signed(1, bytes(48))
    assert 'pip install "reliance-eval[beacon]"' in caught.value.text()


def test_the_worked_round_was_published_when_the_clause_says():
    # Round n comes (n - 1) periods after the genesis: 1692803367 + 3 * 657412 = 1694775603.
    assert datetime.fromtimestamp(1694775603, tz=UTC) == ROUND["at"]
