"""Workbooks put together part by part, so that any part can be wrong."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from typing import Final

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
HEADER: Final = ("project_ref", "title", "fund", "country", "eu_contribution", "currency")
XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def cell(ref: str, value: object, extra: str = "") -> str:
    """A cell with a number or an inline text."""
    if isinstance(value, str):
        text = value.replace("&", "&amp;").replace("<", "&lt;")
        return f'<c r="{ref}"{extra} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return f'<c r="{ref}"{extra}><v>{value}</v></c>'


def row(number: int, values: Iterable[object], first: str = "A") -> str:
    """A row of cells from a column on."""
    cells = "".join(cell(f"{chr(ord(first) + at)}{number}", value) for at, value in enumerate(values))
    return f'<row r="{number}">{cells}</row>'


def data(rows: int = 3) -> str:
    """A small list of projects as it ought to be."""
    lines = [row(1, HEADER)]
    lines += [row(n, (f"P{n}", f"Title {n}", "AMIF", "DE", n + 0.25, "EUR")) for n in range(2, rows + 2)]
    return "".join(lines)


def sheet(rows: str, *, before: str = "", after: str = "", main: str = MAIN, head: str = XML) -> str:
    """A worksheet part."""
    return f'{head}<worksheet xmlns="{main}" xmlns:r="{RELATIONS}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def parts(
    sheets: Mapping[str, str | bytes],
    *,
    main: str = MAIN,
    relations: str = RELATIONS,
    more: Mapping[str, str] | None = None,
) -> dict[str, str | bytes]:
    """The parts of a workbook of these sheets; `more` are relations of the workbook, by type and target."""
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, 1))
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{relations}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    ) + "".join(
        f'<Relationship Id="rIdM{n}" Type="{relations}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate((more or {}).items())
    )
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    made: dict[str, str | bytes] = {
        "[Content_Types].xml": f'{XML}<Types xmlns="{types}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f"{overrides}</Types>",
        "_rels/.rels": f'{XML}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" '
        f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{XML}<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{XML}<Relationships xmlns="{PACKAGE}">{related}</Relationships>',
    }
    for n, content in enumerate(sheets.values(), 1):
        made[f"xl/worksheets/sheet{n}.xml"] = content
    return made


def zipped(content: Mapping[str, str | bytes], *, stored: bool = False) -> bytes:
    """The parts as a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, part in content.items():
            archive.writestr(name, part)
    return out.getvalue()


def workbook(rows: str | None = None, **around: str) -> bytes:
    """A workbook with one sheet of these rows; a list as it ought to be where none are given."""
    return zipped(parts({"Projects": sheet(data() if rows is None else rows, **around)}))


def raw_zip(entries: Iterable[tuple[str, bytes, int]], *, overlap: bool = False) -> bytes:
    """A zip of deflated entries `(name, content, copies of the entry in the list)`, made by hand.

    With `overlap` all entries of the list share the bytes of the first, as a bomb's do.
    """
    out, listed, shared = bytearray(), bytearray(), None
    count = 0
    for name, content, copies in entries:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(content) + packer.flush()
        head = struct.pack("<HHHHHLLL", 20, 0, 8, 0, 33, zlib.crc32(content), len(packed), len(content))
        for copy in range(copies):
            label = (name if copies == 1 else f"{copy}-{name}").encode()
            if shared is None or not overlap:
                shared = len(out)
                out += b"PK\x03\x04" + head + struct.pack("<HH", len(label), 0) + label + packed
            listed += (
                b"PK\x01\x02"
                + struct.pack("<H", 20)
                + head
                + struct.pack("<HHHHHLL", len(label), 0, 0, 0, 0, 0, shared)
            )
            listed += label
            count += 1
    place = len(out)
    end = struct.pack("<HHHHLLH", 0, 0, min(count, 0xFFFF), min(count, 0xFFFF), len(listed), place, 0)
    return bytes(out + listed + b"PK\x05\x06" + end)


def document(content: str, **more: str) -> bytes:
    """An OpenDocument spreadsheet with this `content.xml`."""
    names = {name.replace("_", "."): part for name, part in more.items()}
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    return zipped({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest, **names})


def tables(inside: str) -> str:
    """A `content.xml` with this in its spreadsheet."""
    names = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    return (
        f'{XML}<office:document-content{names} office:version="1.2"><office:body><office:spreadsheet>{inside}'
        "</office:spreadsheet></office:body></office:document-content>"
    )
