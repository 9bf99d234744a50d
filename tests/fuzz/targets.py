"""What is fuzzed: any bytes go in, and a value, a missing mark, a refusal or a finding comes out; never an exception.

A target takes bytes and returns nothing; what it may not do, it asserts. Its seeds are what a fuzzer starts from, and
its mutator knows the shape of the data: a changed byte of a zip archive is caught by its checksum, so the members are
changed and the archive is packed again.
"""

from __future__ import annotations

import io
import random
import re
import struct
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from ledger import shipped
from ledger.domain.records import RowState
from ledger.domain.toml_keys import DeclarationError
from ledger.intake.cells import Value
from ledger.intake.code_lists import CodeLists
from ledger.intake.dates import DateColumn
from ledger.intake.number_styles import Amount, Missing, Refusal
from ledger.intake.numbers import NumberColumn
from ledger.intake.profiles import Profile, load_profile, load_profiles
from ledger.intake.read import read_file
from ledger.intake.readers import ReadFailed, open_workbook

ROOT = Path(__file__).resolve().parents[2]
#: Compound files and xlsb go to a library whose faults end the process; they have tests of their own.
_NATIVE = (b"\xd0\xcf\x11\xe0", b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
_LARGEST = 1_000_000


def _cells(data: bytes) -> list[Value]:
    """Lines as cells of a column: text, or after `#` a typed number of eight bytes, in hexadecimal."""
    cells: list[Value] = []
    for line in data.decode("utf-8", "replace").split("\n")[:200]:
        number = None
        if line.startswith("#"):
            try:
                number = struct.unpack(">d", bytes.fromhex(line[1:17]))[0]
            except (ValueError, struct.error):
                number = None
        cells.append(line if number is None or number != number or abs(number) == float("inf") else number)  # noqa: PLR0124
    return cells


def number(data: bytes) -> None:
    """A column of amounts: each cell is exact, missing or refused, and the second look is the first."""
    cells = _cells(data)
    column = NumberColumn()
    column.feed_all(cells)
    decision = column.decide()
    assert 0 <= decision.confidence <= 1
    assert not decision.ambiguous or len(decision.candidates) > 1
    for cell in cells:
        found = decision.read(cell)
        assert isinstance(found, Amount | Missing | Refusal)
        assert found == decision.read(cell)
        if isinstance(found, Amount):
            assert isinstance(found.number, Decimal)
            assert found.number.is_finite()


def day(data: bytes) -> None:
    """A column of dates: each cell is a day, missing or refused; the end of a span is never before its start."""
    cells = _cells(data)
    column = DateColumn()
    column.feed_all(cells)
    decision = column.decide()
    assert 0 <= decision.confidence <= 1
    for cell in cells:
        for epoch_1904 in (False, True):
            first = decision.read(cell, epoch_1904=epoch_1904)
            last = decision.read(cell, end=True, epoch_1904=epoch_1904)
            assert isinstance(first, date | Missing | Refusal)
            assert isinstance(last, date | Missing | Refusal)
            if isinstance(first, date) and isinstance(last, date):
                assert first <= last, cell


def profile(data: bytes) -> None:
    """A profile: it is read, or refused as one that is not valid."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path = Path(folder) / "fuzzed.toml"
        path.write_bytes(data)
        with suppress(DeclarationError):
            assert load_profile(path).tables


def workbook(data: bytes) -> None:
    """A file: its rows come in order, or a finding says why not; then all of it is read as an import would."""
    if data.startswith(_NATIVE) or b".bin" in data:
        return
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path = Path(folder) / "fuzzed.xlsx"
        path.write_bytes(data)
        book = open_workbook(path)
        try:
            assert book.sheets or book.findings
            for sheet in book.sheets:
                with suppress(ReadFailed):
                    numbers = [row.number for row in sheet.rows()]
                    assert numbers == sorted(set(numbers))
        finally:
            book.close()
        _read_whole(path)


@cache
def _shipped() -> tuple[list[Profile], CodeLists]:
    """One profile, because holding each file against all of them would take most of the time; and the code lists."""
    profiles = load_profiles([shipped.profiles()])[0]
    return [profile for profile in profiles if profile.name == "projects"], CodeLists(shipped.codelists())


def _read_whole(path: Path) -> None:
    """The file as an import reads it, under a profile or a proposed one: each row in one state, or a finding."""
    profiles, lists = _shipped()
    with suppress(ReadFailed):
        reading = read_file(path, profiles=profiles, code_lists=lists)
        assert reading.sheets or reading.findings
        for sheet in reading.sheets:
            assert all(row.state in RowState for row in sheet.rows)


# --- seeds -----------------------------------------------------------------------------------------------------------


def _number_seeds() -> list[bytes]:
    columns = (
        "1.234,56\n12.345.678,90\n-5,00\n(1.000,00)", "1,234.56\n€ 1 234\n1'234.56\n5.3 million", "1 234 567,89\n–\nn/a",
        "1e5\n1.2E-3\n50 %\n12.50 EUR\nEUR thousand 5", "#40934a4584f4c6e7\n#7fefffffffffffff\n0,1\n000123",
        "1.234\n1.234\n5,5", "١٢٣\n１２３\n1\u00a0234,5\n12*\n\u2212 3,-",
    )  # fmt: skip
    return [text.encode() for text in columns]


def _day_seeds() -> list[bytes]:
    columns = (
        "31/12/2024\n01/02/2024\n2024-02-30", "12/31/2024\n1.2.24\n29.02.2023", "2021-2027\n2024\nQ3 2024\nMarch 2024",
        "#40e6000000000000\n45292\n1904\n60\n#c0f0000000000000", "15 janvier 2024\n3 maja 2023\n1. Januar 2024", "2024-01-31T00:00:00Z\n0000-00-00",
    )  # fmt: skip
    return [text.encode() for text in columns]


@cache
def _profile_seeds() -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "imports" / "profiles").glob("*.toml"))]


def _workbook_seeds() -> list[bytes]:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Project", "Country", "EU contribution (EUR)", "Start"], ["A/1", "EL", 1234.56, date(2024, 2, 1)],
                ["A/2", "PL", "1.234,56", "31/12/2024"], ["Total", None, "=SUM(C2:C3)", None]):  # fmt: skip
        sheet.append(row)
    sheet.merge_cells("A6:B7")
    sheet.row_dimensions[3].hidden = True
    book.create_sheet("Two").append([True, "#REF!", "x" * 40])
    buffer = io.BytesIO()
    book.save(buffer)
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
        '<office:body><office:spreadsheet><table:table table:name="S"><table:table-row><table:table-cell><text:p>Ref</text:p>'
        '</table:table-cell><table:table-cell table:number-columns-repeated="2" office:value-type="float" office:value="1.5"/>'
        "</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
    )
    ods = io.BytesIO()
    with zipfile.ZipFile(ods, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    return [
        buffer.getvalue(),
        ods.getvalue(),
        'Ref;Country;Amount\nA;EL;"1.234,56"\nB;PL;2,00\nTotal;;1.236,56\n'.encode("utf-16"),
        b'ref,title,amount,start\nA,"x ""y""",1234.5,2024-01-31\nB,\'z,7,2024-02-01\n',
        b"<html><table><tr><th>Ref<th colspan=2>Amount</tr><tr><td>A<td>1&nbsp;234,5<td>EUR</table></html>",
        b"<iati-activities version='2.03'><iati-activity><iati-identifier>X-1</iati-identifier><budget><value currency='EUR'>5.5</value></budget></iati-activity></iati-activities>",
    ]


# --- mutation --------------------------------------------------------------------------------------------------------

_PIECES: tuple[bytes, ...] = (
    b"", b"\0", b"-1", b"0", b"99999999999999999999", b"1e999999999", b"NaN", b"-", b"\xff\xfe", "\u2028".encode(), b'"',
    b"'", b"<", b">", b"&amp;", b"&#0;", b"&#x110000;", b"\n", b"]]>", b"<!--", b"A1048577", b"XFE1", b"[", b"{", b"=", b"\xed\xa0\x80",
    "٣".encode(), "²".encode(), b"0" * 400, b"[" * 300, b"r=", b"1904", b"true", b"2024-13-45", b"10000000000-01-01",
)  # fmt: skip


def scrambled(data: bytes, rng: random.Random) -> bytes:
    """The data with up to six changes: bytes turned, cut, doubled, or a piece put in that readers stumble over."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        start = rng.randint(0, len(changed))
        end = min(len(changed), start + rng.choice((0, 1, 1, 2, 4, 16, 64)))
        what = rng.randrange(5)
        if what == 0 and changed:
            changed[min(start, len(changed) - 1)] ^= 1 << rng.randrange(8)
        elif what == 1:
            del changed[start:end]
        elif what == 2:
            changed[start:start] = changed[start:end]
        elif what == 3:
            other = rng.randint(0, len(changed))
            changed[start:end] = changed[other : other + end - start]
        else:
            changed[start:end] = rng.choice(_PIECES)
    return bytes(changed)


def scrambled_member(data: bytes, rng: random.Random) -> bytes:
    """A zip archive with one member scrambled, swapped or left out, packed again; other data is scrambled as it is."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    except Exception:  # noqa: BLE001 - whatever a broken archive raises, it is scrambled as plain bytes
        return scrambled(data, rng)
    if not members or rng.random() < 0.05:
        return scrambled(data, rng)
    at = rng.randrange(len(members))
    name, content = members[at]
    what = rng.random()
    if what < 0.9:
        members[at] = (name, scrambled(content, rng))
    elif what < 0.95:
        members[at] = (name, rng.choice(members)[1])
    else:
        del members[at]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


_VALUES = (
    b"3", b"-1.5e308", b"true", b'""', b"[]", b"[[]]", b"[1]", b"{}", b"{a = 1}", b"[{a = 1}]", b"2024-01-01", b"nan",
    b'"\\u0000"', b'"EUR"', b'"{}"', b'"{country"', b'["*"]', b'["("]', b'"9999-9999"', b'"2027-2021"', b"[" * 2000,
)  # fmt: skip


def scrambled_value(data: bytes, rng: random.Random) -> bytes:
    """A TOML file with one value of another type, or a key or table where it does not belong; else scrambled."""
    lines = data.split(b"\n")
    at = [number for number, line in enumerate(lines) if b"=" in line or line.startswith(b"[")]
    if not at or rng.random() < 0.3:
        return scrambled(data, rng)
    chosen = rng.choice(at)
    if rng.random() < 0.6:
        lines[chosen] = lines[chosen].partition(b"=")[0] + b"= " + rng.choice(_VALUES)
    else:
        keys = re.findall(rb"[A-Za-z_]+", b"\n".join(rng.choice(_profile_seeds()).split(b"\n")))
        lines.insert(chosen, rng.choice(keys) + b" = " + rng.choice(_VALUES))
    return b"\n".join(lines)


@dataclass(frozen=True, slots=True)
class Target:
    """One reader under fuzzing."""

    run: Callable[[bytes], None]
    make_seeds: Callable[[], Sequence[bytes]]
    mutate: Callable[[bytes, random.Random], bytes]

    def mutated(self, data: bytes, seed: int, largest: int = _LARGEST) -> bytes:
        """The data changed in the way of that seed: the same seed, the same change."""
        changed = self.mutate(data, random.Random(seed))  # noqa: S311 - repeatable, not secret
        return changed if len(changed) <= largest else changed[:largest]


TARGETS = {
    "number": Target(number, cache(_number_seeds), scrambled),
    "date": Target(day, cache(_day_seeds), scrambled),
    "profile": Target(profile, _profile_seeds, scrambled_value),
    "workbook": Target(workbook, cache(_workbook_seeds), scrambled_member),
}
