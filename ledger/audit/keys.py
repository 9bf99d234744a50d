"""Ed25519 keys that sign checkpoints, in the forms of signed notes: one line each, public `NAME+HASH+BASE64`.

The key's file is its owner's alone, or it is refused: a key that others can read proves nothing.
"""

from __future__ import annotations

import base64
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.domain.notes import ED25519, Note, NoteProblem, Signature, checked_name, decoded, key_hash
from ledger.domain.overriding import override

_PRIVATE: Final = "PRIVATE+KEY+"
_LENGTH: Final = 32


class KeyProblem(Exception):
    """A key cannot be used or made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Who signs, and the key by which others check it."""

    name: str
    content: bytes

    @property
    def hash(self) -> bytes:
        """The four bytes by which its signatures are known."""
        return key_hash(self.name, ED25519 + self.content)

    @override
    def __str__(self) -> str:
        return f"{self.name}+{self.hash.hex()}+{base64.b64encode(ED25519 + self.content).decode()}"

    def signed(self, note: Note) -> bool:
        """Whether the note bears a signature of this key that holds."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        for signature in note.signatures:
            if (signature.name, signature.key_hash) == (self.name, self.hash):
                try:
                    Ed25519PublicKey.from_public_bytes(self.content).verify(signature.content, note.text.encode())
                except InvalidSignature:
                    return False
                return True
        return False


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKey:
    """A key that signs. It is never shown."""

    name: str
    content: bytes

    @property
    def public(self) -> PublicKey:
        """Its public half."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return PublicKey(self.name, Ed25519PrivateKey.from_private_bytes(self.content).public_key().public_bytes_raw())

    def sign(self, text: str) -> Signature:
        """The signature of a note's text."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        made = Ed25519PrivateKey.from_private_bytes(self.content).sign(text.encode())
        return Signature(self.name, self.public.hash, made)


def new_key(path: Path, name: str) -> PrivateKey:
    """Make a key and keep it in a new file that its owner alone can read, its public half in FILE.pub beside it.

    A file that is there is never replaced.
    """
    try:
        key = PrivateKey(checked_name(name), os.urandom(_LENGTH))
    except NoteProblem as problem:
        raise KeyProblem(str(problem)) from problem
    line = f"{_PRIVATE}{name}+{key.public.hash.hex()}+{base64.b64encode(ED25519 + key.content).decode()}\n"
    _create(path.with_name(f"{path.name}.pub"), f"{key.public}\n", 0o644)
    _create(path, line, 0o600)
    return key


def _create(path: Path, line: str, mode: int) -> None:
    try:
        # O_EXCL follows no link and takes no file that somebody has open already.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except OSError as error:
        raise KeyProblem(f"cannot make the key {path}: {error.strerror}") from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(line)


def load_key(path: Path) -> PrivateKey:
    """The key in a file of ours that nobody else can read; KeyProblem otherwise."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError as error:
        raise KeyProblem(f"cannot read the key {path}: {error.strerror}") from error
    with os.fdopen(handle, encoding="utf-8", errors="replace") as file:
        found = os.fstat(file.fileno())
        if hasattr(os, "geteuid"):
            if os.geteuid() not in (0, found.st_uid):
                raise KeyProblem(f"the key {path} belongs to somebody else (user {found.st_uid})")
            if found.st_mode & 0o077:
                mode = f"{stat.S_IMODE(found.st_mode):03o}"
                raise KeyProblem(f"the key {path} is open to others (mode {mode}). Change that with: chmod 600 {path}")
        written = file.read(4096)
    key = _private(written)
    if key is None:
        # Nothing of what stands in the file is repeated: it may be a secret of another kind.
        raise KeyProblem(f"{path} holds no private key; make one with: euledger seal --new-key FILE")
    return key


def _private(written: str) -> PrivateKey | None:
    try:
        name, shown, content = _parts(written.strip().removeprefix(_PRIVATE))
    except NoteProblem:
        return None
    key = PrivateKey(name, content)
    return key if written.startswith(_PRIVATE) and key.public.hash == shown else None


def public_key(text_or_path: str) -> PublicKey:
    """A public key as it is written, or the one in a file of that name."""
    written = text_or_path
    if text_or_path.count("+") < 2:
        try:
            written = Path(text_or_path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise KeyProblem(f"{text_or_path} is neither a public key nor a file that holds one") from error
    if _PRIVATE in written:
        raise KeyProblem("that is a private key; give the public one, which euledger seal prints")
    try:
        name, shown, content = _parts(written.strip())
    except NoteProblem as problem:
        raise KeyProblem(f"that is no public key: {problem}") from problem
    key = PublicKey(name, content)
    if key.hash != shown:
        raise KeyProblem("that is no public key: its hash is not that of its name and key")
    return key


def _parts(written: str) -> tuple[str, bytes, bytes]:
    """Name, hash and 32 bytes of a key as it is written. A name holds no plus; Base64 may."""
    name, _, rest = written.partition("+")
    shown, _, code = rest.partition("+")
    content = decoded(code)
    if content[:1] != ED25519 or len(content) != _LENGTH + 1:
        raise NoteProblem("it is no Ed25519 key")
    try:
        return checked_name(name), bytes.fromhex(shown), content[1:]
    except ValueError as error:
        raise NoteProblem("its hash is no hexadecimal number") from error
