"""Time stamps of a checkpoint by an outside authority (RFC 3161): the query to send, and the reply that comes back.

Nothing here goes to the network: the query is a file to be sent, the reply a file that was received. It stands in the
checkpoint as a signature line of its own and covers the text and every signature above it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ledger.domain.notes import UNREGISTERED, Note, Signature, key_hash

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_NAME: Final = "rfc3161"
_HASH: Final = key_hash(_NAME, UNREGISTERED + b"rfc3161-timestamp")

#: The hashes that a time stamp may be of.
_HASHES: Final = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
#: The tag of the certificates in signed data.
_CERTIFICATES: Final = 0xA0


class StampProblem(Exception):
    """A time stamp proves nothing; the message says why."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time stamp that was looked at: the moment it says, and whether it leads to an authority that is trusted."""

    moment: str
    is_proven: bool


def query(note: Note) -> bytes:
    """The time-stamp query (DER) for a checkpoint as it is."""
    client = _client()
    built = client.TimestampRequestBuilder().data(_covered(note)).hash_algorithm(client.HashAlgorithm.SHA256).build()
    return bytes(built.as_bytes())


def with_reply(note: Note, reply: bytes) -> Note:
    """The checkpoint with the authority's reply in it; StampProblem where the reply is not about this checkpoint."""
    stamp_of(note, reply, ())
    return Note(note.text, (*note.signatures, Signature(_NAME, _HASH, reply)))


def reply_in(note: Note) -> bytes | None:
    """The reply that a checkpoint holds, if any."""
    return next((s.content for s in note.signatures if (s.name, s.key_hash) == (_NAME, _HASH)), None)


def stamp_of(note: Note, reply: bytes, trusted: Sequence[Certificate]) -> Stamp:
    """What a reply proves of a checkpoint: its moment, and if certificates of authorities are given, that one said so.

    StampProblem where it is about something else, was refused, or leads to none of the certificates.
    """
    client = _client()
    try:
        read: Any = client.decode_timestamp_response(_in_order(reply))
        if read.status != client.PKIStatus.GRANTED.value:
            raise StampProblem("the authority refused to give a time stamp")
        told = read.tst_info
    except ValueError as error:
        raise StampProblem("the reply is no time stamp") from error
    algorithm = _HASHES.get(told.message_imprint.hash_algorithm.dotted_string)
    if algorithm is None:
        raise StampProblem("the time stamp uses a hash that is not accepted")
    if hashlib.new(algorithm, _covered(note)).digest() != told.message_imprint.message:
        raise StampProblem("the time stamp is of something else than this checkpoint")
    if trusted:
        _verify(client, read, _covered(note), trusted)
    moment = told.gen_time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Stamp(moment, is_proven=bool(trusted))


def certificates(path: Path) -> list[Certificate]:
    """The certificates of a PEM file: those of the authorities whose word is taken."""
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StampProblem(f"{path} holds no certificates in PEM form") from error


def _verify(client: Any, read: Any, covered: bytes, trusted: Sequence[Certificate]) -> None:
    from cryptography import exceptions, x509

    # What a reply's own certificates raise when they cannot be read; none of these is a ValueError.
    unreadable = (
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.ExtensionNotFound,
        x509.UnsupportedGeneralNameType,
        exceptions.UnsupportedAlgorithm,
    )
    builder = client.VerifierBuilder()
    for certificate in trusted:
        is_root = certificate.issuer == certificate.subject
        builder = (
            builder.add_root_certificate(certificate) if is_root else builder.add_intermediate_certificate(certificate)
        )
    try:
        builder.build().verify_message(read, covered)
    except (client.VerificationError, ValueError, *unreadable) as error:
        raise StampProblem(f"the time stamp does not lead to a certificate that was given ({error})") from error


def without_reply(note: Note) -> Note:
    """The checkpoint without any time stamp: what is stamped."""
    return Note(note.text, tuple(s for s in note.signatures if (s.name, s.key_hash) != (_NAME, _HASH)))


def _covered(note: Note) -> bytes:
    return str(without_reply(note)).encode()


def _in_order(reply: bytes) -> bytes:
    """The reply with its certificates in the order that DER asks for.

    Some authorities (OpenSSL's among them) write them in another one, which the library refuses. No signature covers
    the order. What is no reply comes back as it is.
    """
    try:
        at = _parts(reply, 0, len(reply))[0]  # the response
        at = _parts(reply, at.start, at.end)[1]  # behind the status: the token
        at = _parts(reply, at.start, at.end)[1]  # behind its type: its content
        at = _parts(reply, at.start, at.end)[0]  # the signed data
        at = _parts(reply, at.start, at.end)[3]  # behind version, algorithms and content: the certificates
        if reply[at.begin] != _CERTIFICATES:
            return reply
        found = sorted(reply[each.begin : each.end] for each in _parts(reply, at.start, at.end))
    except IndexError:
        return reply
    return reply[: at.start] + b"".join(found) + reply[at.end :]


class _Part(NamedTuple):
    """Where an element of DER begins, where its content starts, and where both end."""

    begin: int
    start: int
    end: int


def _parts(data: bytes, start: int, end: int) -> list[_Part]:
    found = []
    while start < end:
        length, content = data[start + 1], start + 2
        if length & 0x80:
            content += length & 0x7F
            length = int.from_bytes(data[start + 2 : content], "big")
        found.append(_Part(start, content, content + length))
        start = content + length
    return found


def _client() -> Any:
    try:
        import rfc3161_client
    except ModuleNotFoundError as error:
        raise StampProblem(
            "time stamps need a library that is not installed: pip install 'eu-funding-ledger[timestamp]'"
        ) from error
    return rfc3161_client
