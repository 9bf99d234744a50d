"""Checks an audit pack of a funding ledger with nothing but Python's standard library (3.9 or newer), and no network.

    python3 -I verify_pack.py PACK.zip [--key KEY] [--checkpoint OLDER]

KEY is the public key of who signed (a file, or the line itself), got from them and not from the pack; OLDER is a
checkpoint that was kept from an earlier audit. Ends with 0 when all holds, with 1 when anything does not, with 2 when
the pack cannot be read at all. Read it before you trust it: it imports nothing of the program that made the pack.

What is computed anew: every byte of the zip file against its manifest; the original files against the hashes in the
journal; every row of the journal against the seals (RFC 6962), the seals against each other and against the checkpoint;
signatures (Ed25519, RFC 8032); all balances, the stated totals and the sums behind the published figures.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

FORMAT = "euledger-pack/1"
MANIFEST, SIGNED = "MANIFEST.sha256", "MANIFEST.signed"
SEALS, CHECKPOINT, PUBLIC_KEY = "seals/seals.ndjson", "checkpoint/checkpoint.txt", "checkpoint/public-key.txt"
STAMP, STAMPED = "checkpoint/timestamp.tsr", "checkpoint/timestamped.txt"
BALANCES, TOTALS, FIGURES = "results/balances.ndjson", "results/totals.json", "results/figures.json"
CHECKS, IMPORTS = "results/checks.json", "mappings/imports.json"
#: Members that every pack has, and beside them those with a name of their own.
ALWAYS = (
    *("README.txt", "verify_pack.py", SEALS, CHECKPOINT, BALANCES, TOTALS, FIGURES, CHECKS, IMPORTS),
    "mappings/codelists.json",
)
OTHERS = re.compile(
    r"sources/[0-9a-f]{64}-[A-Za-z0-9._-]+|mappings/profiles/[0-9a-f]{64}\.toml|journal/[a-z_]+\.ndjson"
)
PIECE = 1 << 20
NO_HASH = "0" * 64

#: Formats of seals, and the columns of the journal's tables that are read here, which both have. Format 2 seals more tables.
FORMATS = (1, 2)
COLUMNS = {
    "account": (
        *("id", "envelope_id", "programme_id", "project_id", "fund_code", "country_code", "theme_code", "stage"),
        *("basis", "currency", "price_basis", "is_illustrative"),
    ),
    "transfer": (
        *("id", "batch_id", "debit_account_id", "credit_account_id", "amount_minor", "value_date"),
        *("source_row_id", "source_column", "rule", "reverses_id"),
    ),
    "batch": (
        *("id", "kind", "recorded_at", "actor", "program_version", "source", "profile", "profile_sha256"),
        *("settings", "as_of", "is_illustrative", "reverts_id", "note"),
    ),
    "source_content": ("sha256", "size", "content"),
    "source_file": ("id", "batch_id", "name", "sha256"),
    "envelope": ("id", "ref"),
    "envelope_version": (
        *("id", "envelope_id", "batch_id", "source_row_id", "is_withdrawn", "digest", "parent_id", "title", "role"),
    ),
    "programme": ("id", "source", "ref"),
    "project": ("id", "source", "ref"),
    "project_version": (
        *("id", "project_id", "batch_id", "source_row_id", "is_withdrawn", "digest", "parent_id", "programme_id"),
        "unit",
    ),
    "project_earmark": ("id", "version_id", "earmark_code", "share_ppb"),
}
AT = {table: {name: place for place, name in enumerate(columns, start=1)} for table, columns in COLUMNS.items()}
#: Place of a stage in the flow of money; what stands beside it comes last.
RANK = {"outside": 0, "allocated": 1, "committed": 2, "contracted": 3, "paid": 4}
BESIDE = 5


class Problem(Exception):
    """Something does not hold; the message says what and where."""


# --- the zip file: every byte of it follows from its members ----------------------------------------------------------

LOCAL, CENTRAL, END = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s4H2LH")
END64, LOCATOR = struct.Struct("<4sQ2H2L4Q"), struct.Struct("<4sLQL")
LARGE, MANY = 0xFFFFFFFF, 0xFFFF
STORED, DEFLATED = 0, 8
#: 1 January 1980, 00:00: no file has a date of its own. A plain file that its owner may write and all may read.
DATE, MODE = 0x21, 0o100644 << 16
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")


class Member(NamedTuple):
    """A file in the pack: its sizes, the CRC of its content, SHA-256 of the content and of the bytes as they stand."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    sha256: str
    packed_sha256: str


def local_header(member: Member) -> bytes:
    """The bytes before a member's data."""
    sizes, extra, version = (member.packed, member.size), b"", 20
    if max(sizes) >= LARGE:
        extra = struct.pack("<HHQQ", 1, 16, member.size, member.packed)
        sizes, version = (LARGE, LARGE), 45
    name = member.name.encode("ascii")
    head = LOCAL.pack(
        b"PK\3\4", version, 0, member.method, 0, DATE, member.crc, *sizes, len(name), len(extra)
    )  # fmt: skip
    return head + name + extra


def directory(members: Sequence[Member], start: int) -> Iterator[tuple[str, bytes]]:
    """What follows the last member, which ends at `start`: (whose it is, bytes), entry by entry."""
    size = 0
    for member in members:
        sizes, offset, large = (member.packed, member.size), member.offset, []
        if max(sizes) >= LARGE:
            large, sizes = [member.size, member.packed], (LARGE, LARGE)
        if offset >= LARGE:
            large, offset = [*large, offset], LARGE
        extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
        version, name = 45 if large else 20, member.name.encode("ascii")
        entry = CENTRAL.pack(
            b"PK\1\2", 3 << 8 | version, version, 0, member.method, 0, DATE, member.crc, *sizes,
            len(name), len(extra), 0, 0, 0, MODE, offset,
        )  # fmt: skip
        size += len(entry) + len(name) + len(extra)
        yield member.name, entry + name + extra
    count, end = len(members), b""
    if count >= MANY or size >= LARGE or start >= LARGE:
        end = END64.pack(b"PK\6\6", 44, 3 << 8 | 45, 45, 0, 0, count, count, size, start)
        end += LOCATOR.pack(b"PK\6\7", 0, start + size, 1)
    counts = (min(count, MANY),) * 2
    yield "its end", end + END.pack(b"PK\5\6", 0, 0, *counts, min(size, LARGE), min(start, LARGE), 0)


def read_members(file: IO[bytes]) -> list[Member]:
    """The members in their order, once it is certain that nothing else stands in the file."""
    members: list[Member] = []
    position = 0
    while True:
        file.seek(position)
        head = file.read(LOCAL.size)
        if len(head) < LOCAL.size or head[:4] != b"PK\3\4":
            break
        member, position = _read_member(file, head, position, members[-1].name if members else "the beginning")
        members.append(member)
    file.seek(position)
    for name, expected in directory(members, position):
        if file.read(len(expected)) != expected:
            raise Problem(f"the zip file's directory is not as it was made: {name}")
    if file.read(1):
        raise Problem("something stands behind the end of the zip file")
    return members


def _read_member(file: IO[bytes], head: bytes, offset: int, before: str) -> tuple[Member, int]:
    _, _, _, method, _, _, _, packed, _, name_length, extra_length = LOCAL.unpack(head)
    raw, extra = file.read(name_length), file.read(extra_length)
    name = raw.decode("ascii", "backslashreplace")
    if len(raw) < name_length or not NAME.fullmatch(name):
        raise Problem(f"the member behind {before} has the name {name[:80]!r}, which none has")
    if packed == LARGE and len(extra) == 20:
        packed = struct.unpack("<HHQQ", extra)[3]
    start = file.tell()
    member = _read_data(file, Member(name, method, 0, packed, 0, offset, "", ""))
    if local_header(member) != head + raw + extra:
        raise Problem(f"{name}: its header or its content in the zip file is not as it was made")
    return member, start + packed


def _read_data(file: IO[bytes], member: Member) -> Member:
    if member.method not in (STORED, DEFLATED):
        raise Problem(f"{member.name}: its header in the zip file is not as it was made")
    unpacking = zlib.decompressobj(-15)
    content, whole, crc, size, left = hashlib.sha256(), hashlib.sha256(), 0, 0, member.packed
    while left:
        piece = file.read(min(PIECE, left))
        if not piece:
            raise Problem(f"{member.name}: the zip file ends inside it")
        left -= len(piece)
        whole.update(piece)
        for data in _unpacked(unpacking, piece, member):
            content.update(data)
            crc, size = zlib.crc32(data, crc), size + len(data)
    rest = unpacking.flush() if member.method == DEFLATED else b""
    content.update(rest)
    crc, size = zlib.crc32(rest, crc), size + len(rest)
    if member.method == DEFLATED and (not unpacking.eof or unpacking.unused_data):
        raise Problem(f"{member.name}: its packed bytes are damaged")
    return member._replace(crc=crc, size=size, sha256=content.hexdigest(), packed_sha256=whole.hexdigest())


def _unpacked(unpacking: Any, piece: bytes, member: Member) -> Iterator[bytes]:
    """A piece of a member's data, unpacked, never much at a time: a small piece may stand for a huge content."""
    if member.method == STORED:
        yield piece
        return
    if unpacking.eof:
        raise Problem(f"{member.name}: something stands behind its packed bytes")
    try:
        while piece and not unpacking.eof:
            yield unpacking.decompress(piece, PIECE)
            piece = unpacking.unconsumed_tail
    except zlib.error as error:
        raise Problem(f"{member.name}: its packed bytes are damaged") from error


def manifest(members: Sequence[Member]) -> str:
    """The manifest of all members before it; `sha256sum -c` reads it too."""
    lines = [f"{each.sha256}  {each.name}" for each in members]
    lines += [f"# packed {each.packed_sha256}  {each.name}" for each in members]
    return _closed("\n".join([f"# {FORMAT}", *lines]) + "\n")


def _closed(text: str) -> str:
    return "{}# lines above {}\n".format(text, hashlib.sha256(text.encode("ascii")).hexdigest())


def check_manifest(members: Sequence[Member], written: str) -> None:
    """Hold the members against the manifest, and name the first that differs."""
    names = [each.name for each in members]
    if len(set(names)) < len(names):
        raise Problem(f"{next(name for name in names if names.count(name) > 1)} stands twice in the pack")
    lines = written.splitlines(keepends=True)
    if _closed("".join(lines[:-1])) != written:
        raise Problem(f"{MANIFEST} is not as it was made")
    listed = {}
    for line in lines[1:-1]:
        kind, digest, name = re.fullmatch(r"(# packed )?([0-9a-f]{64})  (.*)\n", line).groups()  # type: ignore[union-attr]
        listed[name, bool(kind)] = digest
    stated = [name for name, packed in listed if not packed]
    for name in stated:
        if name not in names:
            raise Problem(f"{name} is missing from the pack")
    for each in members:
        if (each.name, False) not in listed:
            raise Problem(f"{each.name} is in the pack, but not in {MANIFEST}")
        if (listed[each.name, False], listed.get((each.name, True))) != (each.sha256, each.packed_sha256):
            raise Problem(f"{each.name} is not what {MANIFEST} says")
    if manifest(members) != written:
        raise Problem(f"{MANIFEST} lists the members in another order or form")
    for name in ALWAYS:
        if name not in names:
            raise Problem(f"{name} is missing from the pack")
    strangers = [
        name for name in names if name not in (*ALWAYS, PUBLIC_KEY, STAMP, STAMPED) and not OTHERS.fullmatch(name)
    ]
    if strangers:
        raise Problem(f"{strangers[0]} does not belong in a pack")


# --- signatures: Ed25519 as RFC 8032 has it, and signed notes (C2SP) --------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def _added(one: Any, two: Any) -> Any:
    """The sum of two points in extended coordinates (RFC 8032, section 5.1.4)."""
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: Any) -> Any:
    found = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = _added(found, point)
        point, number = _added(point, point), number >> 1
    return found


def _point(written: bytes) -> Any:
    """A point from its 32 bytes; None where they are none or not the one way to write it."""
    number = int.from_bytes(written, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    if len(written) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (not x and sign):
        return None
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


def _bytes(point: Any) -> bytes:
    inverse: int = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    written: bytes = (y | (x & 1) << 255).to_bytes(32, "little")
    return written


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature of the message holds."""
    point, half = _point(key), int.from_bytes(signature[32:], "little")
    if point is None or len(signature) != 64 or half >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    back = P - point[0], point[1], 1, P - point[3]
    found = _added(_times(half, BASE), _times(int.from_bytes(digest, "little") % ORDER, back))
    return _bytes(found) == signature[:32]


class Note(NamedTuple):
    """A text, and its signatures as (name, four bytes that tell the key, signature)."""

    text: str
    signatures: list[tuple[str, bytes, bytes]]


class Key(NamedTuple):
    """Who signs, the four bytes that tell the key, and the key."""

    name: str
    hash: bytes
    content: bytes


def parse_note(written: str, what: str) -> Note:
    """A signed note: a text of whole lines, and if there are signatures a blank line and a line for each."""
    text, blank, lines = written.rpartition("\n\n")
    if not blank:
        text, lines = written[:-1], ""
    if not written.endswith("\n") or not text:
        raise Problem(f"{what} does not end in a whole line")
    signatures = []
    for line in lines.splitlines():
        found = re.fullmatch("— ([^ +]+) ([A-Za-z0-9+/=]+)", line)
        content = _base64(found.group(2), what) if found else b""
        if found is None or len(content) < 5:
            raise Problem(f"{what} has a line that is no signature: {line[:60]!r}")
        signatures.append((found.group(1), content[:4], content[4:]))
    if blank and not signatures:
        raise Problem(f"{what} has a place for signatures, but none in it")
    return Note(text + "\n", signatures)


def parse_key(written: str) -> Key:
    """A public key, NAME+HASH+BASE64."""
    name, _, rest = written.strip().partition("+")
    shown, _, code = rest.partition("+")
    content = _base64(code, "the public key")
    told = hashlib.sha256(name.encode() + b"\n" + content).digest()[:4]
    if len(content) != 33 or content[:1] != b"\1" or told.hex() != shown:
        raise Problem("that is no public key: NAME+HASH+BASE64 is wanted, as euledger seal prints it")
    return Key(name, told, content[1:])


def is_signed(note: Note, key: Key, what: str) -> bool:
    """Whether this key signed; a signature of it that does not hold is a Problem."""
    for name, told, content in note.signatures:
        if (name, told) == (key.name, key.hash):
            if not ed25519(key.content, content, note.text.encode()):
                raise Problem(f"{what}: the signature of {name} does not hold")
            return True
    return False


def _base64(text: str, what: str) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        content = b""
    if not content or base64.b64encode(content).decode() != text:
        raise Problem(f"{what} holds something that is no Base64")
    return content


# --- seals (RFC 6962) -------------------------------------------------------------------------------------------------


class Tree:
    """The root of a tree of any number of leaves, keeping one hash for each level."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> bytes:
        """Take in a leaf; returns its hash."""
        told = found = hashlib.sha256(b"\0" + leaf).digest()
        level = 0
        while self._peaks and self._peaks[-1][0] == level:
            found, level = _node(self._peaks.pop()[1], found), level + 1
        self._peaks.append((level, found))
        self.size += 1
        return told

    def root(self) -> bytes:
        """The root of the leaves so far."""
        hashes = [peak for _, peak in self._peaks] or [hashlib.sha256(b"").digest()]
        found = hashes.pop()
        while hashes:
            found = _node(hashes.pop(), found)
        return found


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


class Checkpoint(NamedTuple):
    """What a checkpoint says: the ledger, how many seals, their root, the last batch and its hash, and when."""

    origin: str
    size: int
    root: bytes
    batch: int
    chain: str
    recorded_at: str


def parse_checkpoint(note: Note, what: str) -> Checkpoint:
    """The checkpoint that a note holds."""
    found = re.match(
        r"(euledger/[0-9a-f]{16})\n([1-9][0-9]{0,17})\n([A-Za-z0-9+/]{43}=)\n"
        r"batch ([0-9]{1,18})\nchain ([0-9a-f]{64})\nrecorded ([0-9TZ:.-]+)\n",
        note.text,
    )
    if found is None:
        raise Problem(f"{what} is no checkpoint of a ledger")
    origin, size, whole, batch, chain, recorded_at = found.groups()
    return Checkpoint(origin, int(size), _base64(whole, what), int(batch), chain, recorded_at)


class Seal(NamedTuple):
    """A seal: the batches and rows that it covers, the root over the rows, the hash of the seal before, and its own."""

    first: int
    batch: int
    ranges: dict[str, list[int]]
    size: int
    root: str
    previous: str
    hash: str


def parse_seal(line: bytes) -> Seal:
    """A line of the seals."""
    word, form, first, batch, ranges, count, root, previous = json.loads(line)
    if word != "euledger-seal" or form not in FORMATS:
        raise Problem(f"{SEALS}: the seal of batch {batch} is of a format that this file does not know")
    return Seal(first, batch, ranges, count, root, previous, hashlib.sha256(b"\0" + line).hexdigest())


# --- the books: the journal added up ----------------------------------------------------------------------------------


class Account(NamedTuple):
    """Where money stands, and whose it is."""

    fund: str
    country: str
    theme: str
    stage: str
    basis: str
    currency: str
    prices: str
    illustrative: bool
    holders: tuple[int | None, int | None, int | None]

    @property
    def rank(self) -> int:
        """Place of its stage in the flow of money."""
        return RANK.get(self.stage, BESIDE)


class Books:
    """The rows of the journal as far as sums need them, in the order in which they were sealed."""

    def __init__(self) -> None:
        self.accounts: dict[int, Account] = {}
        self.to_date: dict[int, dict[str, int]] = {}
        self.passed_on: dict[tuple[int, int], int] = {}
        self.given: dict[int, int] = {}
        self.batches: dict[int, list[Any]] = {}
        self.contents: dict[str, int] = {}
        self.files: list[str] = []
        self.transfers = 0
        self.refs: dict[str, dict[int, tuple[str, str]]] = {"envelope": {}, "programme": {}, "project": {}}
        self.roles: dict[int, str] = {}
        self.projects: dict[int, tuple[int, str, int | None]] = {}
        self.earmarks: dict[tuple[int, str], int] = {}

    def take(self, table: str, row: list[Any]) -> None:
        """Take in a row; its first value is the table's name."""
        at = AT.get(table)
        if at is None:
            return
        if table == "transfer":
            self._transfer(row, at)
        elif table == "account":
            self.accounts[row[1]] = Account(
                row[at["fund_code"]],
                row[at["country_code"]],
                row[at["theme_code"]],
                row[at["stage"]],
                row[at["basis"]],
                row[at["currency"]],
                row[at["price_basis"]],
                bool(row[at["is_illustrative"]]),
                (row[at["envelope_id"]], row[at["programme_id"]], row[at["project_id"]]),
            )
        elif table == "batch":
            self.batches[row[1]] = row
        elif table == "source_content":
            self.contents[row[1]] = row[at["size"]]
        elif table == "source_file":
            self.files.append(row[at["sha256"]])
        elif table == "envelope_version":
            self.roles[row[at["envelope_id"]]] = row[at["role"]]
        elif table == "project_version":
            self.projects[row[at["project_id"]]] = (row[1], row[at["unit"]], row[at["programme_id"]])
        elif table == "project_earmark":
            self.earmarks[row[at["version_id"]], row[at["earmark_code"]]] = row[at["share_ppb"]]
        else:
            self.refs[table][row[1]] = (row[at["source"]] if "source" in at else "", row[at["ref"]])

    def _transfer(self, row: list[Any], at: dict[str, int]) -> None:
        number, debit, credit = row[1], row[at["debit_account_id"]], row[at["credit_account_id"]]
        minor, day, reverses = row[at["amount_minor"]], row[at["value_date"]] or "", row[at["reverses_id"]]
        source, target = self.accounts[debit], self.accounts[credit]
        if type(minor) is not int or minor <= 0 or debit == credit:
            raise Problem(f"journal/transfer.ndjson: transfer {number} moves no amount from one account to another")
        if source[5:8] != target[5:8]:
            raise Problem(f"journal/transfer.ndjson: transfer {number} joins accounts that are never added up")
        self.transfers += 1
        year = int(day[:4]) if day else 0
        # What comes from an earlier or the same stage counts to date, what goes on to a later one is passed on.
        if source.rank <= target.rank:
            _add(self.to_date.setdefault(credit, {}), day, minor)
        else:
            _add(self.passed_on, (credit, year), -minor)
        if target.rank <= source.rank:
            _add(self.to_date.setdefault(debit, {}), day, -minor)
        else:
            _add(self.passed_on, (debit, year), minor)
        _add(self.given, debit if reverses else credit, -minor if reverses else minor)

    def is_counted(self, account: Account) -> bool:
        """Whether a summary counts the account: of envelopes only those that are nodes of a tree."""
        envelope = account.holders[0]
        return account.stage != "outside" and (envelope is None or self.roles.get(envelope) == "node")

    def balances(self) -> dict[tuple[int, int], tuple[int, int]]:
        """(account, year) -> what came in to date and what was passed on; those that are nil left out."""
        sums: dict[tuple[int, int], int] = {}
        for account, days in self.to_date.items():
            for day, minor in days.items():
                _add(sums, (account, int(day[:4]) if day else 0), minor)
        both = {key: (sums.get(key, 0), self.passed_on.get(key, 0)) for key in {*sums, *self.passed_on}}
        return {key: pair for key, pair in both.items() if pair != (0, 0)}

    def totals(self, *, with_illustrative: bool) -> dict[tuple[Any, ...], int]:
        """What came in to date by stage, basis, fund, country, theme and year; what is never added stands apart."""
        sums: dict[tuple[Any, ...], int] = {}
        for number, days in self.to_date.items():
            account = self.accounts[number]
            if self.is_counted(account) and (with_illustrative or not account.illustrative):
                for day, minor in days.items():
                    keys = (account.stage, account.basis, *account[:3], int(day[:4]) if day else None, *account[5:8])
                    _add(sums, keys, minor)
        return {keys: minor for keys, minor in sums.items() if minor}

    def answer(self, question: dict[str, Any], apart: tuple[str, str], *, with_illustrative: bool) -> int:
        """The sum that a question asks for, in one currency and price basis."""
        sums = {False: 0, True: 0}
        for number, account in self.accounts.items():
            if (account.currency, account.prices) != apart or not self._is_asked(question, account):
                continue
            if question["sum"] == "given":
                minor = self.given.get(number, 0)
            else:
                days = self.to_date.get(number, {})
                minor = sum(amount for day, amount in days.items() if _is_within(day, question))
            if account.illustrative and not with_illustrative:
                continue
            sums[account.illustrative] += minor * self._share(question, account)
        return sum(_half_up(weighted) for weighted in sums.values())

    def _is_asked(self, question: dict[str, Any], account: Account) -> bool:
        listed = zip(("funds", "countries", "themes", "stages", "bases"), account[:5])
        if account.stage == "outside" or any(question[name] and value not in question[name] for name, value in listed):
            return False
        envelope, programme, project = account.holders
        _, unit, of_programme = self.projects.get(project or 0, (0, "", None))
        programme = programme or of_programme
        named = (
            (question["envelope"], self.refs["envelope"].get(envelope or 0)),
            (question["programme"], self.refs["programme"].get(programme or 0)),
            (question["project"], self.refs["project"].get(project or 0)),
        )
        if any(wanted is not None and (found is None or found[1] != wanted) for wanted, found in named):
            return False
        return (not question["units"] or unit in question["units"]) and (
            question["envelope"] is not None or self.is_counted(account)
        )

    def _share(self, question: dict[str, Any], account: Account) -> int:
        if question["earmark"] is None:
            return 10**9
        version = self.projects.get(account.holders[2] or 0, (0, "", None))[0]
        return self.earmarks.get((version, question["earmark"]), 0)


def _add(sums: dict[Any, int], key: Any, minor: int) -> None:
    sums[key] = sums.get(key, 0) + minor


def _half_up(weighted: int) -> int:
    """Parts per billion of minor units as whole ones, halves away from zero."""
    whole, rest = divmod(abs(weighted), 10**9)
    whole += 2 * rest >= 10**9
    return -whole if weighted < 0 else whole


def _is_within(day: str, question: dict[str, Any]) -> bool:
    """Whether money of this day counts: without a date it does unless a period is asked for."""
    start, end, until = question["period_start"], question["period_end"], question["as_of"]
    if not day:
        return start is None and end is None
    return (start is None or start <= day) and (end is None or day <= end) and (until is None or day <= until)


# --- the pack: its parts, one after the other -------------------------------------------------------------------------


class Pack:
    """An opened pack, and what was learnt of it so far. Each check returns what it found, or raises a Problem."""

    def __init__(self, file: IO[bytes], keys: Sequence[Key]) -> None:
        self.file = file
        self.keys = list(keys)
        self.members: dict[str, Member] = {}
        self.books = Books()
        self.seals: list[Seal] = []
        self.leaves: list[bytes] = []
        self.has_own_key = False

    def container(self) -> str:
        """Every byte of the zip file belongs to a member, and every member is what the manifest says."""
        found = read_members(self.file)
        self.archive = zipfile.ZipFile(self.file)
        names = [each.name for each in found]
        tail = found[-2:] if names[-1:] == [SIGNED] else found[-1:]
        if not tail or tail[0].name != MANIFEST:
            raise Problem(f"{MANIFEST} is missing, or is not where it belongs")
        check_manifest(found[: -len(tail)], self.text(MANIFEST))
        self.members = {each.name: each for each in found}
        size = sum(each.packed for each in found)
        return f"{len(found)} members, {size} bytes; each as {MANIFEST} lists it, nothing between or behind them"

    def text(self, name: str) -> str:
        """A member as text."""
        return self.archive.read(name).decode("utf-8")

    def data(self, name: str) -> Any:
        """A member as JSON; amounts never are fractions."""
        try:
            return json.loads(self.text(name), parse_float=_no_fraction)
        except ValueError as error:
            raise Problem(f"{name} cannot be read: {error}") from error

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a member, one at a time."""
        if name in self.members:
            with self.archive.open(name) as file:
                for line in file:
                    yield line[:-1] if line.endswith(b"\n") else line

    def signature(self) -> str:
        """The manifest is signed by a key that is trusted."""
        if PUBLIC_KEY in self.members and not self.keys:
            self.keys, self.has_own_key = [parse_key(self.text(PUBLIC_KEY))], True
        if SIGNED not in self.members:
            if self.keys:
                raise Problem(f"{SIGNED} is missing: the pack is not signed")
            return "the pack is not signed: this page shows that it fits together, not who made it"
        note = parse_note(self.text(SIGNED), SIGNED)
        if note.text != signed_text(self.members[MANIFEST].sha256):
            raise Problem(f"{SIGNED} is of another manifest")
        return f"the manifest is signed by {self._signer(note, SIGNED)}"

    def _signer(self, note: Note, what: str) -> str:
        names = [key.name for key in self.keys if is_signed(note, key, what)]
        if not names:
            signers = ", ".join(name for name, _, _ in note.signatures) or "nobody"
            raise Problem(f"{what} is signed by {signers}, and by no key that was given")
        return ", ".join(names) + (
            "; the key is the pack's own: compare it with one that you got from them" if self.has_own_key else ""
        )

    def rows(self) -> str:
        """The rows of the journal lead to the roots of the seals, and each seal holds the hash of the one before."""
        readers = {name: self.lines(name) for name in self.members if name.startswith("journal/")}
        previous, batch, count = NO_HASH, 0, 0
        for line in self.lines(SEALS):
            seal = parse_seal(line)
            if seal.previous != previous or seal.first != batch + 1:
                raise Problem(f"{SEALS}: the seal of batch {seal.batch} does not follow on the one before it")
            tree = Tree()
            for table, (_, _, rows) in seal.ranges.items():
                for _ in range(rows):
                    leaf = next(readers.get(f"journal/{table}.ndjson", iter(())), None)
                    if leaf is None:
                        raise Problem(f"journal/{table}.ndjson: rows of batch {seal.batch} are missing")
                    tree.add(leaf)
                    self._take(table, leaf)
            if tree.root().hex() != seal.root or tree.size != seal.size:
                tables = ", ".join(table for table, span in seal.ranges.items() if span[2])
                raise Problem(f"journal: a row of batch {seal.batch} is not as it was sealed (in one of: {tables})")
            self.seals.append(seal)
            self.leaves.append(line)
            previous, batch, count = seal.hash, seal.batch, count + tree.size
        for name, reader in readers.items():
            if next(reader, None) is not None:
                raise Problem(f"{name}: there are rows that no seal covers")
        if sorted(self.books.batches) != list(range(1, batch + 1)):
            raise Problem("journal/batch.ndjson: the batches are not numbered one by one")
        return f"{count} rows in {len(self.seals)} seals, up to batch {batch}; {self.books.transfers} transfers"

    def _take(self, table: str, leaf: bytes) -> None:
        row = json.loads(leaf, parse_float=_no_fraction)
        if row[0] != table:
            raise Problem(f"journal/{table}.ndjson holds a row of {row[0]}")
        self.books.take(table, row)

    def checkpoint(self) -> str:
        """The checkpoint is that of these seals, and signed."""
        note = parse_note(self.text(CHECKPOINT), CHECKPOINT)
        found = parse_checkpoint(note, CHECKPOINT)
        if found.size != len(self.seals):
            raise Problem(f"{CHECKPOINT} is of {found.size} seals, and the pack has {len(self.seals)}")
        self._holds(found, CHECKPOINT)
        told = f"{found.origin}, batch {found.batch}, recorded {found.recorded_at}; "
        if not self.keys:
            others = ", ".join(name for name, _, _ in note.signatures)
            return told + (f"signed by {others}, whose keys were not given" if others else "not signed")
        return f"{told}signed by {self._signer(note, CHECKPOINT)}"

    def _holds(self, kept: Checkpoint, what: str) -> None:
        tree, origin = Tree(), f"euledger/{self.seals[0].hash[:16]}"
        if kept.origin != origin:
            raise Problem(f"{what} is of {kept.origin}, this ledger is {origin}: another one, or written anew")
        if kept.size > len(self.seals):
            raise Problem(f"{what} has {kept.size} seals: {kept.size - len(self.seals)} were cut off since then")
        for leaf in self.leaves[: kept.size]:
            tree.add(leaf)
        at = self.seals[kept.size - 1]
        if tree.root() != kept.root or (at.batch, at.hash) != (kept.batch, kept.chain):
            raise Problem(f"{what}: a batch up to {kept.batch} was written anew since then")

    def older(self, path: str) -> str:
        """The ledger still begins as it did at a checkpoint that was kept elsewhere."""
        note = parse_note(Path(path).read_text(encoding="utf-8"), path)
        kept = parse_checkpoint(note, path)
        if self.keys and not self.has_own_key:
            self._signer(note, path)
        self._holds(kept, path)
        return f"nothing up to batch {kept.batch} was changed or cut off since {kept.recorded_at} ({path})"

    def stamp(self) -> str:
        """The time stamp, if there is one, is of this checkpoint; the authority's own signature is for openssl."""
        if STAMP not in self.members:
            return "no authority attests the moment of the checkpoint"
        covered, reply = self.archive.read(STAMPED), self.archive.read(STAMP)
        signatures = parse_note(self.text(CHECKPOINT), CHECKPOINT).signatures
        if ("rfc3161", reply) not in [(name, content) for name, _, content in signatures]:
            raise Problem(f"{STAMP} is not the time stamp that {CHECKPOINT} holds")
        if not self.archive.read(CHECKPOINT).startswith(covered):
            raise Problem(f"{STAMPED} is not the beginning of {CHECKPOINT}")
        if not any(hashlib.new(name, covered).digest() in reply for name in ("sha256", "sha384", "sha512")):
            raise Problem(f"{STAMP} is of something else than {STAMPED}")
        return f"there is one; check it with: openssl ts -verify -in {STAMP} -data {STAMPED} -CAfile AUTHORITY.pem"

    def evidence(self) -> str:
        """Every file that the journal names is there, byte by byte; no other is."""
        kept = {name[8:72]: each for name, each in self.members.items() if name.startswith("sources/")}
        for digest in self.books.files:
            if digest not in self.books.contents:
                raise Problem(f"journal/source_file.ndjson names a file {digest} that is not in the journal")
        for digest, size in self.books.contents.items():
            if digest not in kept:
                raise Problem(f"sources: the file {digest} is missing")
            member = kept.pop(digest)
            if (member.sha256, member.size) != (digest, size):
                raise Problem(f"{member.name} is not the file that was read: its SHA-256 or size differs")
        for member in kept.values():
            raise Problem(f"{member.name} is a file that no batch read")
        return f"{len(self.books.contents)} original files, each with the SHA-256 that the journal has for it"

    def mappings(self) -> str:
        """Each profile is one that a batch used, and what is said of the batches is what the journal says."""
        used = {row[AT["batch"]["profile_sha256"]] for row in self.books.batches.values()} - {None}
        there = [each for name, each in self.members.items() if name.startswith("mappings/profiles/")]
        for member in there:
            if member.name != f"mappings/profiles/{member.sha256}.toml" or member.sha256 not in used:
                raise Problem(f"{member.name} is a profile that no batch used")
        told = self.data(IMPORTS)
        for each, row in zip(told, self.books.batches.values()):
            for name in ("kind", "recorded_at", "actor", "profile", "profile_sha256", "settings", "as_of", "note"):
                if each[name] != row[AT["batch"][name]]:
                    raise Problem(f"{IMPORTS}: {name} of batch {each['batch']} is not what the journal says")
        if len(told) != len(self.books.batches):
            raise Problem(f"{IMPORTS} does not tell of every batch")
        lacking = len(used) - len(there)
        return f"{len(there)} profiles, each as a batch used it" + (
            f"; {lacking} are not in the pack" if lacking else ""
        )

    def balances(self) -> str:
        """Every balance that the ledger kept is what its transfers add up to."""
        stated = {}
        for line in self.lines(BALANCES):
            account, year, to_date, passed_on = json.loads(line, parse_float=_no_fraction)
            stated[account, year] = (to_date, passed_on)
        found = self.books.balances()
        stated = {key: pair for key, pair in stated.items() if pair != (0, 0)}
        for key in sorted({*found, *stated}):
            ours, theirs = found.get(key, (0, 0)), stated.get(key, (0, 0))
            if ours != theirs:
                account, year = key
                raise Problem(
                    f"{BALANCES}: account {account}, {year or 'undated'}: stated {_pair(theirs)}, the transfers give {_pair(ours)}"
                )
        return f"{len(found)} balances of {len(self.books.accounts)} accounts added up anew from the transfers"

    def totals(self) -> str:
        """Every stated total is what the transfers add up to, and no total is left out."""
        stated = self.data(TOTALS)
        rows = {tuple(row[:-1]): row[-1] for row in stated["rows"]}
        found = self.books.totals(with_illustrative=stated["with_illustrative"])
        for keys in sorted({*found, *rows}, key=repr):
            if found.get(keys, 0) != rows.get(keys, 0) or len(rows) != len(stated["rows"]):
                named = ", ".join(str(key) for key in keys)
                raise Problem(f"{TOTALS}: {named}: stated {rows.get(keys, 0)}, the transfers give {found.get(keys, 0)}")
        sums: dict[str, int] = {}
        for keys, minor in found.items():
            if keys[1] == "eu" and keys[6:] == ("EUR", "current", False):
                _add(sums, keys[0], minor)
        shown = ", ".join(f"{stage} {minor // 100:,}.{minor % 100:02}" for stage, minor in sorted(sums.items()))
        return f"{len(found)} totals re-added from the transfers. EU share in EUR: {shown or 'none'}"

    def figures(self) -> str:
        """The ledger's sum behind each verdict is what the transfers add up to, wherever a sum is behind it."""
        told = self.data(FIGURES)
        added = 0
        verdicts: dict[str, int] = {}
        for each in told["figures"]:
            _add(verdicts, each["verdict"], 1)
            if each["sum"] is None:
                continue
            apart = (each["ledger"]["currency"], each["sum"]["prices"])
            asked = (
                self.books.answer(question, apart, with_illustrative=told["with_illustrative"])
                for question in each["sum"]["questions"]
            )
            found, stated = sum(asked), int(each["ledger"]["amount"].replace(".", ""))
            if found != stated:
                raise Problem(f"{FIGURES}: {each['figure']}: stated {stated}, the transfers give {found} minor units")
            added += 1
        counts = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
        return f"{added} of {len(told['figures'])} verdicts rest on sums, which were re-added. Verdicts: {counts or 'none'}"

    def said(self) -> str:
        """What the ledger found of itself when the pack was made."""
        told = self.data(CHECKS)
        parts = [f"{kind} {each['name']} {'holds' if each['ok'] else 'FAILS'}" for kind in told for each in told[kind]]
        return "the program's own results, not computed anew: " + ", ".join(parts)


def signed_text(manifest_sha256: str) -> str:
    """The text that is signed for a manifest."""
    return f"{FORMAT}\nmanifest {manifest_sha256}\n"


def _no_fraction(text: str) -> NoReturn:
    raise Problem(f"a number is no whole number: {text[:40]}")


def _pair(pair: tuple[int, int]) -> str:
    to_date, passed_on = pair
    return f"{to_date} in and {passed_on} passed on"


# --- the page ---------------------------------------------------------------------------------------------------------

UNREADABLE = (
    *(ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OSError, MemoryError),
    *(struct.error, zlib.error, zipfile.BadZipFile, NotImplementedError),
)


def verify(path: Path, keys: Sequence[str] = (), older: Sequence[str] = (), out: IO[str] | None = None) -> int:
    """Check a pack and write the page about it; 0 when everything holds, else 1."""
    out = out or sys.stdout
    with path.open("rb") as file:
        digest = hashlib.sha256()
        for piece in iter(lambda: file.read(PIECE), b""):
            digest.update(piece)
        out.write(f"Audit pack {path.name}\nSHA-256    {digest.hexdigest()}\n\n")
        pack = Pack(file, [parse_key(_written(key)) for key in keys])
        checks: list[tuple[str, Callable[[], str]]] = [("Zip file", pack.container)]
        if _shown(out, *checks[0]):
            checks += [("Signature", pack.signature), ("Journal", pack.rows)]
            checks += [("Checkpoint", pack.checkpoint)]
            checks += [("Kept checkpoint", lambda name=name: pack.older(name)) for name in older]  # type: ignore[misc]
            checks += [("Time stamp", pack.stamp), ("Sources", pack.evidence), ("Mappings", pack.mappings)]
            checks += [("Balances", pack.balances), ("Totals", pack.totals), ("Figures", pack.figures)]
            checks += [("Ledger's checks", pack.said)]
            failed = [name for name, check in checks[1:] if not _shown(out, name, check)]
        else:
            failed = ["Zip file"]
    out.write(f"\n{'FAILS: ' + ', '.join(failed) if failed else 'HOLDS: what was computed anew agrees.'}\n")
    return 1 if failed else 0


def _shown(out: IO[str], name: str, check: Callable[[], str]) -> bool:
    """Run a check and write its line."""
    try:
        said, holds = check(), True
    except Problem as problem:
        said, holds = str(problem), False
    except UNREADABLE as error:
        said, holds = f"cannot be read: {type(error).__name__}: {error}", False
    plain = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in said)
    out.write(f"{'ok  ' if holds else 'FAIL'} {name:<16} {plain}\n")
    return holds


def _written(key: str) -> str:
    """A key as it is written, or the one in a file."""
    return key if key.count("+") > 1 else Path(key).read_text(encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Check an audit pack without the program that made it.")
    parser.add_argument("pack", type=Path, help="the pack, a zip file")
    parser.add_argument("--key", action="append", default=[], help="public key of who signed, or a file that holds it")
    parser.add_argument("--checkpoint", action="append", default=[], help="a checkpoint kept from earlier")
    given = parser.parse_args(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return verify(given.pack, given.key, given.checkpoint)
    except (OSError, Problem, UnicodeDecodeError) as error:
        sys.stderr.write(f"verify_pack: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
