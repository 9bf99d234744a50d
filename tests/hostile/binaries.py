"""Binary workbooks (xls, xlsb) that are broken, and the ones that end calamine's process."""

from __future__ import annotations

import io
import random
import struct
from functools import cache

from tests.hostile.cases import READ, Cases
from tests.hostile.packages import HEADER
from tests.intake.readers import xlsb_files
from tests.intake.readers.xlsb_files import cell, full_sheet, row, sheet, with_sheet

cases = Cases()


@cache
def sound_xls(rows: int = 200) -> bytes:
    """An xls as xlwt writes it."""
    import xlwt

    book = xlwt.Workbook()
    page = book.add_sheet("Projects")
    for at, name in enumerate(HEADER):
        page.write(0, at, name)
    for n in range(1, rows):
        for at, value in enumerate((f"P{n}", f"Title {n}", "AMIF", "DE", n + 0.25, "EUR")):
            page.write(n, at, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def patched(data: bytes, at: int, new: bytes) -> bytes:
    """The bytes with others in their place."""
    return data[:at] + new + data[at + len(new) :]


def u32(number: int) -> bytes:
    """A number as the header of a compound file has it."""
    return struct.pack("<I", number)


@cases.add("sound.xls", READ)
def _() -> bytes:
    return sound_xls()


@cases.add("corners-for-calamine.xlsb", "file-too-large")
def _() -> bytes:
    one = struct.pack("<d", 1.0)
    return with_sheet(sheet(row(0, cell(5, 0, one)), row(1_048_575, cell(5, 16_383, one))))


@cases.add("header-claims-all-sectors.xls", READ, "file-too-large", "file-unreadable", "reader-crashed")
def _() -> bytes:
    return patched(sound_xls(), 44, u32(0xFFFFFFFF))


@cases.add("header-claims-some-sectors.xls", READ, "file-too-large", "file-unreadable", "reader-crashed")
def _() -> bytes:
    return patched(sound_xls(), 44, u32(0x0FFFFFFF))


@cases.add("header-claims-lists-of-lists.xls")
def _() -> bytes:
    return patched(patched(sound_xls(), 72, u32(0xFFFFFFFF)), 68, u32(1))


@cases.add("header-of-calamine-62.xls")
def _() -> bytes:
    return patched(sound_xls(), 62, u32(0xFFFFFFFF))


@cases.add("cyclic-fat.xls")
def _() -> bytes:
    data = sound_xls()
    (fat,) = struct.unpack("<I", data[76:80])
    at = 512 + 512 * fat
    entries = list(struct.unpack("<128I", data[at : at + 512]))
    chain = [n for n, following in enumerate(entries) if following < 0xFFFFFFF0]
    entries[chain[len(chain) // 2]] = chain[0]
    return patched(data, at, struct.pack("<128I", *entries))


@cases.add("fat-of-nought.xls")
def _() -> bytes:
    data = sound_xls()
    (fat,) = struct.unpack("<I", data[76:80])
    return patched(data, 512 + 512 * fat, bytes(512))


@cases.add("cyclic-directory.xls")
def _() -> bytes:
    data = sound_xls()
    (start,) = struct.unpack("<I", data[48:52])
    at = 512 + 512 * start
    for entry in range(4):
        data = patched(data, at + 128 * entry + 68, u32(0) * 3)
    return data


@cases.add("stream-claims-gigabytes.xls")
def _() -> bytes:
    data = sound_xls()
    (start,) = struct.unpack("<I", data[48:52])
    return patched(data, 512 + 512 * start + 128 + 120, u32(0x7FFFFFFF))


@cases.add("sector-size-of-thirty.xls")
def _() -> bytes:
    return patched(sound_xls(), 30, struct.pack("<H", 30))


@cases.add("sector-size-of-nought.xls")
def _() -> bytes:
    return patched(sound_xls(), 30, struct.pack("<H", 0))


@cases.add("ole2-then-noise.xls", "file-unreadable", "file-type-unknown")
def _() -> bytes:
    return bytes.fromhex("d0cf11e0a1b11ae1") + random.Random(7).randbytes(20_000)


@cases.add("ole2-then-noise-and-a-name.xls")
def _() -> bytes:
    noise = random.Random(8).randbytes(20_000)
    return bytes.fromhex("d0cf11e0a1b11ae1") + noise + "Workbook\0".encode("utf-16-le") + noise


@cases.add("password.xlsx", "file-protected")
def _() -> bytes:
    return bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)


@cases.add("word-file.xls", "file-type-unknown")
def _() -> bytes:
    return bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "WordDocument".encode("utf-16-le") + bytes(600)


@cases.add("cut-in-half.xls")
def _() -> bytes:
    return sound_xls()[: len(sound_xls()) // 2]


@cases.add("cut-after-its-header.xls")
def _() -> bytes:
    return sound_xls()[:700]


@cases.add("record-length-beyond-the-end.xls")
def _() -> bytes:
    data = sound_xls()
    at = data.index(b"\xfc\x00")  # SST
    return patched(data, at + 2, b"\xff\x1f")


@cases.add("texts-claim-billions.xls")
def _() -> bytes:
    data = sound_xls()
    at = data.index(b"\xfc\x00", 512)
    return patched(data, at + 4, u32(0x7FFFFFFF) * 2)


@cases.add("dimensions-of-all.xls")
def _() -> bytes:
    data = sound_xls()
    at = data.index(b"\x00\x02\x0e\x00")
    return patched(data, at + 4, u32(0) + u32(0xFFFFFFFF) + b"\0\0\xff\xff\0\0")


@cases.add("old-worksheet.xls")
def _() -> bytes:
    return (
        b"\x09\x00\x04\x00\x02\x00\x10\x00"
        b"\x03\x00\x0f\x00\x00\x00\x00\x00\x00\x00\x00" + struct.pack("<d", 5.0) + b"\x0a\0\0\0"
    )


@cases.add("sound.xlsb", READ)
def _() -> bytes:
    return with_sheet(full_sheet())


@cases.add("compact.xlsb", "file-unreadable")
def _() -> bytes:
    return xlsb_files.COMPACT.read_bytes()


@cases.add("cut-sheet.xlsb")
def _() -> bytes:
    return with_sheet(full_sheet()[:300])


@cases.add("text-index-beyond.xlsb", "file-unreadable", "reader-crashed")
def _() -> bytes:
    return with_sheet(sheet(row(0, cell(7, 0, struct.pack("<I", 4_000_000_000)))))


@cases.add("text-length-beyond.xlsb", "file-unreadable", "reader-crashed", "file-too-large")
def _() -> bytes:
    return with_sheet(sheet(row(0, cell(6, 0, struct.pack("<I", 0x7FFFFFFF) + b"a\0"))))


@cases.add("row-beyond.xlsb")
def _() -> bytes:
    return with_sheet(sheet(row(0xFFFFFFFE, cell(5, 0xFFFFFFFE, struct.pack("<d", 1.0)))))


@cases.add("endless-record.xlsb")
def _() -> bytes:
    return with_sheet(full_sheet() + b"\x85\x01\xff\xff\xff\xff\x0f")


@cases.add("not-a-number.xlsb")
def _() -> bytes:
    numbers = (float("nan"), float("inf"), -float("inf"), 1e308, 5e-324)
    return with_sheet(sheet(row(0, *(cell(5, at, struct.pack("<d", value)) for at, value in enumerate(numbers)))))
