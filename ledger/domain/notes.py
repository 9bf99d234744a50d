"""Signed notes (C2SP signed-note): a text of whole lines, a blank line, and signature lines, as text throughout.

    — NAME BASE64(four bytes of the key's hash, signature)

The format of the checksum database of Go and of transparency logs: others' tools read and check it.
"""

from __future__ import annotations

import base64
import binascii
import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ledger.domain.overriding import override

#: Types of a key, the first byte of what its hash is taken over.
ED25519: Final = b"\x01"
#: Not registered: what follows names the kind.
UNREGISTERED: Final = b"\xff"
_DASH: Final = "— "


class NoteProblem(ValueError):
    """A text is not what it should be; the message says in what."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature line: whose it is, four bytes that tell the key, and what was signed."""

    name: str
    key_hash: bytes
    content: bytes

    @override
    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_hash + self.content).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and who signed it. `text` ends in a line end and is all that a signature covers."""

    text: str
    signatures: tuple[Signature, ...] = ()

    @override
    def __str__(self) -> str:
        return self.text + ("\n" + "".join(map(str, self.signatures)) if self.signatures else "")


def key_hash(name: str, key: bytes) -> bytes:
    """The four bytes that tell a key; `key` begins with its type."""
    return sha256(name.encode() + b"\n" + key).digest()[:4]


def checked_name(name: str) -> str:
    """The name of a key; NoteProblem where the format cannot hold it."""
    if not name or "+" in name or any(sign.isspace() for sign in name) or not name.isprintable():
        raise NoteProblem(f"{name!r} cannot be the name of a key: it must be one word without +")
    return name


def parse_note(written: str) -> Note:
    """A note as it is written; a text without signatures is one too. NoteProblem where it is neither."""
    if any(unicodedata.category(sign) == "Cc" and sign != "\n" for sign in written):
        raise NoteProblem("there are control characters in it")
    text, blank, lines = written.rpartition("\n\n")
    if not blank:
        text, lines = written.removesuffix("\n"), ""
    if not text or not written.endswith("\n"):
        raise NoteProblem("it does not end in a whole line")
    return Note(text + "\n", tuple(map(_signature, lines.splitlines())))


def decoded(text: str) -> bytes:
    """The bytes of strict Base64; NoteProblem where it is none."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteProblem(f"{text[:40]!r} is no Base64") from None
    if base64.b64encode(found).decode() != text:
        raise NoteProblem(f"{text[:40]!r} is not the one Base64 of its bytes")
    return found


def _signature(line: str) -> Signature:
    name, blank, code = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not blank:
        raise NoteProblem(f"{line[:40]!r} is no signature line")
    content = decoded(code)
    if len(content) < 5:
        raise NoteProblem(f"the signature of {name} is too short")
    return Signature(checked_name(name), content[:4], content[4:])
