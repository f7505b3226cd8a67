"""drand's quicknet: is a round's signature the network's own? Asked of nobody, computed here.

The signature of a round is a point of BLS12-381's first group: the network's secret times the
round's own point. With g the generator of the second group, pk the network's public key and H the
round's point, it is genuine when e(signature, g) = e(H, pk).

References
----------
Boneh, Lynn, Shacham (2001), "Short signatures from the Weil pairing". RFC 9380, hashing to
elliptic curves. The drand specification, scheme "bls-unchained-g1-rfc9380".
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.util import find_spec

from reliance_eval.errors import Fault, UnreadableInput

PUBLIC_KEY = (
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c"
    "8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb"
    "5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
)
"""The network's public key. Source: the network's own information, chain
52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971, the key that drand's own clients
and independent ones pin."""

DOMAIN = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
"""What separates these hashes from others': RFC 9380's suite, as the scheme's name says."""


def is_signed(number: int, signature: bytes) -> bool:
    """Say whether a signature is quicknet's for a round.

    Parameters
    ----------
    number : int
        The round.
    signature : bytes
        48 bytes, a compressed point.

    Raises
    ------
    UnreadableInput
        The library of elliptic curves is not installed: it comes with the extra ``beacon``.
    """
    if find_spec("py_ecc") is None:
        raise UnreadableInput(Fault("E-EVENT-EXTRA", "", {"extra": "reliance-eval[beacon]"}))
    return _is_signed(number, signature)


@cache
def _is_signed(number: int, signature: bytes) -> bool:
    from py_ecc.bls.g2_primitives import pubkey_to_G1, signature_to_G2, subgroup_check
    from py_ecc.bls.hash_to_curve import hash_to_G1
    from py_ecc.optimized_bls12_381 import FQ12, G2, final_exponentiate, is_inf, neg, pairing

    try:
        # The library names its readers after another scheme, whose keys and signatures lie in
        # the opposite groups.
        point = pubkey_to_G1(signature)
    except (ValueError, AssertionError):
        return False
    if is_inf(point) or not subgroup_check(point):
        return False
    key = signature_to_G2(bytes.fromhex(PUBLIC_KEY))
    message = hashlib.sha256(number.to_bytes(8, "big")).digest()
    hashed = hash_to_G1(message, DOMAIN, hashlib.sha256)
    both = pairing(G2, point, final_exponentiate=False) * pairing(
        key, neg(hashed), final_exponentiate=False
    )
    return bool(final_exponentiate(both) == FQ12.one())
