"""Packages that are wrong as zips: bombs, names, checksums, encryption, confusion about what is in them."""

from __future__ import annotations

import io
import struct
import zipfile

from tests.hostile.cases import READ, Cases
from tests.hostile.packages import XML, data, parts, raw_zip, sheet, workbook, zipped

cases = Cases()
MIB = 1024 * 1024


def with_part(name: str, content: bytes | str, *, stored: bool = False) -> bytes:
    """A sound workbook with one more part, or another in the place of its own."""
    return zipped({**parts({"Projects": sheet(data())}), name: content}, stored=stored)


@cases.add("sound.xlsx", READ)
def _() -> bytes:
    return workbook()


@cases.add("bomb-one-part.xlsx", "file-too-large")
def _() -> bytes:
    return with_part("xl/media/image1.png", bytes(40 * MIB))


@cases.add("bomb-sheet-of-blanks.xlsx", "file-too-large")
def _() -> bytes:
    return workbook(data() + " " * (8 * MIB))


@cases.add("bomb-many-small-parts.xlsx", "file-too-large")
def _() -> bytes:
    content = bytes(1000 * 1000)
    with io.BytesIO() as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, part in parts({"Projects": sheet(data())}).items():
                archive.writestr(name, part)
            for n in range(80):
                archive.writestr(f"xl/media/image{n}.png", content)
        return out.getvalue()


@cases.add("bomb-overlapping.xlsx", "file-unsafe", "file-too-large")
def _() -> bytes:
    return raw_zip([("a.xml", b"<a>" + b"x" * MIB + b"</a>", 600)], overlap=True)


@cases.add("bomb-declares-little.zip", "file-unreadable")
def _() -> bytes:
    made = bytearray(zipped({"list.csv": b"a,b\n" + b"1,2\n" * 500_000}))
    at = made.rindex(b"PK\x01\x02")
    made[at + 24 : at + 28] = struct.pack("<L", 10)
    return bytes(made)


@cases.add("bomb-nested.zip", "file-too-large", "file-type-unknown")
def _() -> bytes:
    inner = zipped({"list.csv": bytes(30 * MIB)})
    return zipped({f"{n}.zip": inner for n in range(10)})


@cases.add("too-many-entries.xlsx", "file-too-large")
def _() -> bytes:
    return raw_zip([("a", b"x", 10_500)])


@cases.add("directory-claims-millions.xlsx", "file-too-large")
def _() -> bytes:
    made = bytearray(workbook())
    at = made.rindex(b"PK\x05\x06")
    wide = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 5_000_000, 5_000_000, 400 * MIB, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    return bytes(made[:at] + wide + locator + made[at:])


@cases.add("name-twice.xlsx", "file-unsafe")
def _() -> bytes:
    return with_part("XL/Workbook.xml", "<other/>")


@cases.add("name-travels.xlsx", "file-unsafe")
def _() -> bytes:
    return with_part("xl/../../../../tmp/evil.xml", "<a/>")


@cases.add("name-absolute.xlsx", "file-unsafe")
def _() -> bytes:
    return with_part("/etc/passwd", "root")


@cases.add("name-drive.xlsx", "file-unsafe")
def _() -> bytes:
    return with_part("C:\\Windows\\evil.dll", "MZ")


@cases.add("name-with-nul.xlsx", "file-unsafe", "file-unreadable")
def _() -> bytes:
    made = with_part("xl/evil.xml#.png", "<a/>")
    return made.replace(b"xl/evil.xml#.png", b"xl/evil.xml\0.png")


@cases.add("two-directories.xlsx", "file-unsafe")
def _() -> bytes:
    first, second = workbook(), workbook()
    end = bytearray(first[first.rindex(b"PK\x05\x06") :])
    end[20:22] = struct.pack("<H", len(second))
    return first[: first.rindex(b"PK\x05\x06")] + bytes(end) + second


@cases.add("names-disagree.xlsx", "file-unreadable")
def _() -> bytes:
    made = workbook()
    return made.replace(b"xl/workbook.xml", b"xl/workbooc.xml", 1)


@cases.add("wrong-checksum.xlsx", "file-unreadable")
def _() -> bytes:
    made = zipped(parts({"Projects": sheet(data())}), stored=True)
    return made.replace(b"Title 2", b"Title 9")


@cases.add("cut-in-half.xlsx", "file-unreadable")
def _() -> bytes:
    made = workbook()
    return made[: len(made) // 2]


@cases.add("cut-before-its-end.xlsx", "file-unreadable")
def _() -> bytes:
    return workbook()[:-30]


@cases.add("damaged-deflate.xlsx", "file-unreadable")
def _() -> bytes:
    made = bytearray(workbook(data(500)))
    at = made.index(b"xl/worksheets/sheet1.xml") + 200
    made[at : at + 40] = bytes(40)
    return bytes(made)


@cases.add("encrypted-entry.xlsx", "file-unsafe")
def _() -> bytes:
    made = bytearray(workbook())
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = made.index(sign)
        made[at + place] |= 1
    return bytes(made)


@cases.add("packed-with-lzma.xlsx", "file-unsafe")
def _() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        for name, part in parts({"Projects": sheet(data())}).items():
            archive.writestr(name, part)
    return out.getvalue()


@cases.add("program-before-the-zip.xlsx")
def _() -> bytes:
    return b"MZ\x90\0" + bytes(500) + workbook()


@cases.add("comment-after-the-zip.xlsx", READ)
def _() -> bytes:
    made = workbook()
    return made[:-2] + struct.pack("<H", 1000) + b"c" * 1000


@cases.add("empty.zip", "file-empty", "file-unreadable")
def _() -> bytes:
    return zipped({})


@cases.add("folders-only.zip", "file-empty")
def _() -> bytes:
    return zipped({"a/": "", "a/b/": ""})


@cases.add("zip-of-a-workbook-and-a-list.zip")
def _() -> bytes:
    return zipped({"a.xlsx": workbook(), "b.csv": "project_ref;eu_contribution\nP1;1,50\n"})


def _xml(name: str, text: str) -> bytes:
    return with_part(name, text)


LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)


@cases.add("laughs-in-the-sheet.xlsx", "file-unsafe")
def _() -> bytes:
    rows = '<row r="1"><c r="A1" t="inlineStr"><is><t>&j;</t></is></c></row>'
    return workbook(rows, head=XML + LAUGHS)


@cases.add("entity-inside-an-amount.xlsx", "file-unsafe")
def _() -> bytes:
    rows = data().replace("<v>2.25</v>", "<v>&m;2.25</v>")
    return workbook(rows, head=XML + '<!DOCTYPE worksheet [<!ENTITY m "100000">]>')


@cases.add("external-entity-in-the-texts.xlsx", "file-unsafe")
def _() -> bytes:
    texts = f'{XML}<!DOCTYPE sst [<!ENTITY x SYSTEM "file:///etc/passwd">]><sst><si><t>&x;</t></si></sst>'
    return _xml("xl/sharedStrings.xml", texts)


@cases.add("external-dtd-in-the-styles.xlsx", "file-unsafe")
def _() -> bytes:
    return _xml("xl/styles.xml", f'{XML}<!DOCTYPE styleSheet SYSTEM "http://127.0.0.1:9/evil.dtd"><styleSheet/>')


@cases.add("dtd-in-utf-16.xlsx", "file-unsafe")
def _() -> bytes:
    text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    return with_part("docProps/core.xml", text.encode("utf-16"))


@cases.add("dtd-in-a-part-by-another-name.xlsx", "file-unsafe")
def _() -> bytes:
    return with_part("xl/theme/theme1.dat", LAUGHS + "<a>&j;</a>")


@cases.add("dtd-across-a-piece.xlsx", "file-unsafe")
def _() -> bytes:
    filler = "<!-- " + "".join(chr(97 + n % 26) * 3 + str(n) for n in range(50_000)) + " -->"
    filler = filler[: 256 * 1024 - 6 - 4] + " -->" if len(filler) > 256 * 1024 - 6 else filler.ljust(256 * 1024 - 6)
    return with_part("customXml/item1.xml", filler + "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>")


@cases.add("dtd-in-mac-arabic.xlsx", "file-unsafe")
def _() -> bytes:
    text = b'<?xml version="1.0" encoding="mac_arabic"?>\n\xbc\xa1DOCTYPE a [\xbc\xa1ENTITY b "c"\xbe]><a>&b;</a>'
    return with_part("docProps/core.xml", text)


@cases.add("not-a-zip-at-all.xlsx", "file-type-unknown", "file-unreadable", "header-missing")
def _() -> bytes:
    return b"this is no workbook\n" * 3


@cases.add("head-of-a-zip-then-noise.xlsx", "file-unreadable")
def _() -> bytes:
    return b"PK\x03\x04" + bytes(range(256)) * 40
