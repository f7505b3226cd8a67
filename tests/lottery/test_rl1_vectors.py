"""RL1 byte for byte: the vectors, and the building blocks below them.

Every digest here is printed in the definition of RL1 (worked vectors A, B and C), where it was
computed with five independent programs: bash, Python, Perl, Node and R.
"""

import hashlib
import hmac
import subprocess
from pathlib import Path

import numpy as np
import pytest
from small_lotteries import VECTORS

from reliance_eval.errors import IntegrityError
from reliance_eval.fingerprint import of_bytes
from reliance_eval.lottery import DESIGNS, Lots, verify_package
from reliance_eval.lottery.holding import hold
from reliance_eval.lottery.package import read_package
from reliance_eval.lottery.parsing import ballot_of
from reliance_eval.lottery.tickets import tickets_of

INDEPENDENT = Path(__file__).parent / "independent" / "rl1.pl"
DIGESTS = {  # P, F, Q, K, A
    "A": (
        "3d699df344207606578d7459d1fa35f162c8450c3af55efc3279499e030869e2",
        "f330ec52e27b8f3c10ec9af5b85a62396af1cc1ea20a13398fb38f4deddeff8a",
        "ee9cc2211027198828bfaff2fa09ce64effaf66e4ed0484d9855c6b02720d733",
        "da2f3974b085c6384c8ff0a6a55b8765af0e033f191472ac3d473ca46f5e93e1",
        "5aee6c3bdb8e477b790ff5eecdc5305d24083e25fde241b1a630368cb07a36f7",
    ),
    "B": (
        "f389553afa5786922a0de3d251d0ea62ad3c68f7952e0798df594dbafa5f1825",
        "a9c26fc218cd0079ad0bf52c2a4778d53841ce13a943d2b1801cd8e64b920d3e",
        "d292548d6ee7087599e083fc4b9f2de4a45d675a27e095580caf21df6006dc22",
        "253382b45202ed3250821da258d5f36b1dbf23922fe14435ae3d0610131127f7",
        "ffb38e0dc4a881aa217e87217204f16e4ce0194b69044937fe69371d5c53d75e",
    ),
}
KEY_C = "6b8ddf2c894ab3f838334f72d42e97e8dd5000f483190de665b99495917998bb"
ASSIGNMENT_C = "53caaee68b75eb2e4a360d7adae2b1a005fd98dd9f357233c7d102277eaa9ddf"
TICKETS_A = {
    "u10": "2a1672af30d8839c7cc69616914cb6e0ec7052595f60bbf45a0dd84e027309bf",
    "u12": "6341cbeb80f36cb1542c0f479e44f13ff8f65e1d6c0a66f899cea66fedea4c6f",
    "u03": "ee7291098f3b6fa5a0c8c60cd410dd857a3e985cd8a5c903e9f294f2cd713742",
}


@pytest.mark.parametrize("vector", DIGESTS)
def test_every_digest_of_a_vector_is_the_printed_one(vector):
    held = hold(ballot_of(read_package(VECTORS / vector)))
    assert DIGESTS[vector] == (
        held.protocol_digest,
        held.frame_digest,
        held.quota_digest,
        held.draw_key,
        held.assignment_digest,
    )


@pytest.mark.parametrize("vector", ["A", "B", "C"])
def test_the_assignment_of_a_vector_is_given_again_byte_for_byte(vector):
    held = hold(ballot_of(read_package(VECTORS / vector)))
    assert held.assignment == (VECTORS / vector / "assignment.tsv").read_bytes()


def test_the_vector_of_a_thousand_units_verifies():
    found = verify_package(VECTORS / "C")
    assert (found.draw_key, found.assignment_digest) == (KEY_C, ASSIGNMENT_C)
    assert found.counts == {"T": 300, "C": 300, "R": 400, "X": 0}
    held = hold(ballot_of(read_package(VECTORS / "C")))
    assert held.frame_digest.startswith("9eb6b8d8")
    assert held.assignment.startswith(b"000074\t-\t1\tT\t")


def test_an_exclusion_before_the_seed_leaves_its_unit_out_and_counts_it():
    assert verify_package(VECTORS / "B").counts == {"T": 9, "C": 9, "R": 1, "X": 1}


def test_a_folder_without_a_log_says_that_only_the_algorithm_was_verified():
    assert verify_package(VECTORS / "A").algorithm_only


# Printed in the definition, where one program had computed them; ``independent/rl1.pl`` is the
# second. The counts and the attempt are printed there too.
OTHERS = {
    "S": ("76420b27ecb96f7edef79724785b738ff78721a950f32df65c43586971bf6bb8", 6, 0),
    "R": ("73ec9b4cd6c6ce0dc4130c609d30fd9bba57be6ed476d539635f31560c31ff8b", 4, 13),
}


@pytest.mark.parametrize("vector", OTHERS)
def test_the_simple_and_the_rerandomised_vector_are_held_again(vector):
    digest, offered, attempt = OTHERS[vector]
    held = hold(ballot_of(read_package(VECTORS / vector), seed_is_line=True))
    assert held.assignment == (VECTORS / vector / "assignment.tsv").read_bytes()
    assert (held.assignment_digest, held.attempts) == (digest, attempt)
    found = verify_package(VECTORS / vector, seed_is_line=True)
    assert (found.counts["T"], found.counts["C"]) == (offered, offered)


@pytest.mark.parametrize("vector", ["A", "B", "C", "S", "R"])
def test_a_second_program_in_another_language_gives_every_vector(vector):
    run = ["perl", INDEPENDENT, VECTORS / vector]
    found = subprocess.run(run, capture_output=True, check=True).stdout
    assert found == (VECTORS / vector / "assignment.tsv").read_bytes()


@pytest.mark.parametrize("vector", OTHERS)
def test_a_seed_with_a_line_end_is_refused_unless_a_vector_is_read(vector):
    with pytest.raises(IntegrityError) as caught:
        verify_package(VECTORS / vector)
    assert [fault.code for fault in caught.value.faults] == ["E-PACKAGE-SEED"]


def test_a_single_ticket_is_one_line_of_shell():
    # printf 'RL1 ticket\n%s\n%s\n' "$K" "$u" | sha256sum, as printed for vector A.
    units = list(TICKETS_A)
    assert tickets_of(units, key=DIGESTS["A"][3]) == [TICKETS_A[unit] for unit in units]


def test_sha256_is_that_of_the_standard():
    # FIPS 180-4, SHA-256 example of the one-block message "abc".
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert of_bytes(b"abc") == expected


def test_hmac_is_that_of_the_standard():
    # RFC 4231, test case 1.
    expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    assert hmac.new(b"\x0b" * 20, b"Hi There", hashlib.sha256).hexdigest() == expected


def test_the_pseudonyms_of_vector_b_come_from_its_key():
    # Key = bytes 00..1f, study demo-B, file numbers 1000000 + 37 i (definition of RL1).
    pseudonyms = sorted(
        hmac.new(
            bytes(range(32)), f"RL1 pid\ndemo-B\n{1000000 + 37 * i}\n".encode(), hashlib.sha256
        ).hexdigest()[:32]
        for i in range(20)
    )
    assert pseudonyms == ballot_of(read_package(VECTORS / "B")).units


def test_two_thousand_seeds_give_every_unit_the_same_chance():
    """P(T) = 1/3 for each of 12 units: all within 4.5 standard errors, sqrt(2/9/2000) = 0.0105."""
    units = [f"u{number:02d}" for number in range(1, 13)]
    lots = Lots(blocks=np.zeros(12, int), places=np.array([[4, 4]]), clusters=np.arange(12))
    tickets = np.array([tickets_of(units, key=of_bytes(b"%d" % seed)) for seed in range(2000)])
    offered = (DESIGNS["stratified"].allocate(tickets, lots) == 0).mean(axis=0)
    assert np.abs(offered - 1 / 3).max() < 4.5 * np.sqrt(2 / 9 / 2000)
