"""The Ed25519 of verify_pack.py against RFC 8032's vectors and against the library that signs."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.audit.verify_pack import ORDER, P, ed25519

#: RFC 8032, section 7.1: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


def by_library(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_the_standard_hold_and_nothing_near_them(key: str, message: str, signature: str) -> None:
    public, text, made = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
    assert by_library(public, made, text), "the vector is written down as it stands in the RFC"
    assert ed25519(public, made, text)
    assert not ed25519(public, made, text + b"\0")
    assert not ed25519(public, made[:-1], text)
    assert not ed25519(public, b"", text)
    assert not ed25519(public, bytes(64), text)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.binary(min_size=32, max_size=32),
    message=st.binary(max_size=100),
    place=st.integers(0, 8 * 96 - 1),
)
def test_it_says_what_the_library_says(seed: bytes, message: bytes, place: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert ed25519(public, signature, message)
    whole = bytearray(public + signature)
    whole[place // 8] ^= 1 << place % 8
    key, changed = bytes(whole[:32]), bytes(whole[32:])
    assert ed25519(key, changed, message) == by_library(key, changed, message) is False


def test_a_signature_has_one_form() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public, signature = private.public_key().public_bytes_raw(), private.sign(b"x")
    half = int.from_bytes(signature[32:], "little")
    assert not ed25519(public, signature[:32] + (half + ORDER).to_bytes(32, "little"), b"x"), "S must be reduced"
    assert not ed25519((P + 1).to_bytes(32, "little"), signature, b"x"), "a key must be written in its one form"
    assert not ed25519((2).to_bytes(32, "little"), signature, b"x"), "no point has this y"
