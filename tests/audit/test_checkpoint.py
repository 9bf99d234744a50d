"""Checkpoints and keys: the published formats, what is refused, and what a checkpoint tells of a ledger."""

from __future__ import annotations

import os
import random
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.audit import keys
from ledger.audit.checkpoint import Checkpoint, checkpoint_of, compared, leaves, parse_checkpoint
from ledger.audit.keys import KeyProblem, load_key, new_key, public_key
from ledger.domain.merkle import root
from ledger.domain.notes import Note, NoteProblem, parse_note
from ledger.domain.sealing import FORMAT, FORMATS, NO_HASH, Seal, Span, ranges_text

# The example of golang.org/x/mod/sumdb/note.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The example of the C2SP page tlog-checkpoint.
C2SP_NOTE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeM"
    "cTOAYQ8=\n"
)
MOMENT = "2026-01-01T00:00:00.000000Z"


def chain(count: int, word: str = "") -> list[Seal]:
    """Seals of a ledger that is no more than its seals."""
    made: list[Seal] = []
    for number in range(1, count + 1):
        spans = {table: Span(number - 1, number, 1) for table in FORMATS[FORMAT]}
        previous = made[-1].hash if made else NO_HASH
        whole = root([f"{word}{number}".encode() * 32]).hex()
        seal = Seal(number, number, FORMAT, ranges_text(spans), len(spans), whole, previous, "")
        made.append(replace(seal, hash=seal.entry_hash))
    return made


@pytest.fixture
def key(tmp_path: Path) -> keys.PrivateKey:
    return new_key(tmp_path / "ledger.key", "office")


def signed(checkpoint: Checkpoint, key: keys.PrivateKey) -> Note:
    return Note(checkpoint.text, (key.sign(checkpoint.text),))


def test_others_notes_are_read_and_checked() -> None:
    note = parse_note(GO_NOTE)
    assert str(note) == GO_NOTE
    assert public_key(GO_KEY).signed(note)
    assert str(public_key(GO_KEY)) == GO_KEY
    assert not public_key(GO_KEY).signed(Note(note.text.replace("your", "my"), note.signatures))
    assert str(parse_note(C2SP_NOTE)) == C2SP_NOTE


def test_a_checkpoint_is_what_the_format_says() -> None:
    seals = chain(3)
    checkpoint = checkpoint_of(seals, MOMENT)
    lines = checkpoint.text.splitlines()
    assert lines[:2] == [f"euledger/{seals[0].hash[:16]}", "3"]
    assert lines[3:] == ["batch 3", f"chain {seals[2].hash}", f"recorded {MOMENT}"]
    assert checkpoint.root == root(leaves(seals))
    assert parse_checkpoint(checkpoint.text) == (checkpoint, Note(checkpoint.text))


def test_a_signature_holds_with_the_public_key_alone(key: keys.PrivateKey, tmp_path: Path) -> None:
    note = signed(checkpoint_of(chain(3), MOMENT), key)
    read = parse_checkpoint(str(note))[1]
    for public in (str(key.public), str(tmp_path / "ledger.key.pub")):
        assert public_key(public).signed(read)
    other = new_key(tmp_path / "other.key", "office").public
    assert not other.signed(read), "another key of the same name"
    assert not other.signed(Note(note.text)), "no signature at all"
    assert load_key(tmp_path / "ledger.key").sign(note.text) == note.signatures[0]


def test_no_changed_byte_is_accepted(key: keys.PrivateKey) -> None:
    """A thousand changes of text, signature and key hash: each is refused, or read as something not signed."""
    written = str(signed(checkpoint_of(chain(3), MOMENT), key)).encode()
    order, accepted = random.Random(18), 0  # noqa: S311 - repeatable, not secret
    for _ in range(1000):
        at = order.randrange(len(written))
        spoilt = written[:at] + bytes([written[at] ^ (1 << order.randrange(8))]) + written[at + 1 :]
        try:
            _, note = parse_checkpoint(spoilt.decode())
        except (NoteProblem, UnicodeDecodeError):
            continue
        accepted += key.public.signed(note)
    assert accepted == 0


@pytest.mark.parametrize(
    "spoilt",
    [
        "",
        "no checkpoint",
        "no checkpoint\n",
        C2SP_NOTE,
        "euledger/x\n03\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nbatch 1\nchain x\nrecorded x\n",
        "euledger/x\n3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\nbatch 1\nchain x\nrecorded x\n",
        "euledger/x\n3\nAAAA\nbatch 1\nchain x\nrecorded x\n",
        "euledger/x\n3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nbatch x\nchain x\nrecorded x\n",
        "euledger/x\n3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nbatch 1\nchain x\nrecorded x\n\n- x AAAA\n",
        "euledger/x\n3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nbatch 1\nchain x\nrecorded x\n\n— x AAAA\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(spoilt: str) -> None:
    with pytest.raises(NoteProblem):
        parse_checkpoint(spoilt)


def test_a_ledger_that_went_on_still_begins_as_it_did() -> None:
    for size in range(1, 9):
        kept = checkpoint_of(chain(size), MOMENT)
        for later in range(size, 12):
            assert compared(kept, chain(later)) == []


def test_a_ledger_that_did_not_is_told() -> None:
    kept = checkpoint_of(chain(5), MOMENT)
    assert [f.code for f in compared(kept, chain(4))] == ["checkpoint-truncated"]
    assert [f.code for f in compared(kept, [])] == ["checkpoint-truncated"]
    assert [f.code for f in compared(kept, chain(5, "x"))] == ["checkpoint-other"]
    forked = [*chain(5)[:4], Seal(5, 5, FORMAT, chain(5)[4].ranges, 1, "ab" * 32, chain(4)[3].hash, "")]
    assert [f.code for f in compared(kept, forked)] == ["checkpoint-forked"]
    lying = Checkpoint(kept.origin, kept.size, kept.root, 7, kept.chain, MOMENT)
    assert [f.code for f in compared(lying, chain(5))] == ["checkpoint-forked"]


def test_a_key_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    old = os.umask(0)
    try:
        made = new_key(path, "office")
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "PRIVATE" not in repr(made)
    assert made.content.hex() not in repr(made)
    with pytest.raises(KeyProblem, match="File exists"):
        new_key(path, "office")
    for mode in (0o640, 0o604, 0o620, 0o644):
        path.chmod(mode)
        with pytest.raises(KeyProblem, match="chmod 600"):
            load_key(path)
    path.chmod(0o600)
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(KeyProblem, match="cannot read the key"):
        load_key(link)
    with pytest.raises(KeyProblem, match="cannot read the key"):
        load_key(tmp_path / "none")
    with pytest.raises(KeyProblem, match="cannot be the name of a key"):
        new_key(tmp_path / "more.key", "two words")


def test_nothing_of_a_private_key_is_repeated(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    new_key(path, "office")
    secret = path.read_text()
    with pytest.raises(KeyProblem, match="private key") as caught:
        public_key(secret)
    assert secret.rpartition("+")[2].strip() not in str(caught.value)
    for spoilt in (secret[:-4], secret.replace("office", "orifice"), "x" + secret, "", secret.replace("+A", "+B", 1)):
        path.write_text(spoilt)
        with pytest.raises(KeyProblem, match="holds no private key") as caught:
            load_key(path)
        assert not spoilt or spoilt.strip() not in str(caught.value)


@pytest.mark.parametrize(
    "written",
    ["", "none", GO_KEY[:-4], GO_KEY.replace("c74f20a3", "c74f20a4"), GO_KEY.replace("c74f20a3", "zz"), "a+b+c"],
)
def test_what_is_no_public_key_is_refused(written: str) -> None:
    with pytest.raises(KeyProblem, match="public key"):
        public_key(written)
