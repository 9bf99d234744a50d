"""Text, web pages, OpenDocument and IATI files that are broken or meant to break a reader."""

from __future__ import annotations

import random

from tests.hostile.cases import READ, Cases
from tests.hostile.packages import HEADER, XML, document, tables, zipped

cases = Cases()
LIST = ";".join(HEADER) + "\n" + "".join(f"P{n};Title {n};AMIF;DE;{n},25;EUR\n" for n in range(1, 30))
COMMAS = LIST.replace(",", ".").replace(";", ",")

# --- text -----------------------------------------------------------------------------------------------------------


@cases.add("sound.csv", READ)
def _() -> bytes:
    return LIST.encode()


@cases.add("one-endless-line.csv", "file-too-large")
def _() -> bytes:
    return LIST.encode() + b"x" * (20 * 1024 * 1024)


@cases.add("line-of-a-million-cells.csv")
def _() -> bytes:
    return LIST.encode() + b"1;" * 1_000_000 + b"\n"


@cases.add("quote-never-closed.csv", READ)
def _() -> bytes:
    return LIST.replace("Title 3;", '"Title 3;').encode() + b"P9;t;AMIF;DE;1,00;EUR\n" * 5000


@cases.add("record-of-forty-megabytes.csv", "file-too-large", heavy=True)
def _() -> bytes:
    return LIST.encode() + (b'"' + b"y" * 30_000 + b'\n";') * 1200 + b"\n"


@cases.add("quotes-in-all-places.csv")
def _() -> bytes:
    odd = ['"a"b', 'a"b"', '""', '"""', '"a""b"', ' "a"', '"a" ', '"a\r\nb"', '"a\rb"', "'", '"']
    return LIST.encode() + "".join(f"P{n};{text};AMIF;DE;1,00;EUR\n" for n, text in enumerate(odd, 50)).encode()


@cases.add("nul-bytes.csv")
def _() -> bytes:
    return LIST.replace("Title 3", "Title\0 3").encode()


@cases.add("mostly-nul.csv")
def _() -> bytes:
    return LIST.encode() + bytes(100_000)


@cases.add("utf-16-cut-in-a-character.csv", "file-unreadable")
def _() -> bytes:
    return LIST.encode("utf-16")[:-1]


@cases.add("utf-16-lone-surrogate.csv", "file-unreadable")
def _() -> bytes:
    return LIST.encode("utf-16-le") + b"\x00\xd8" + "x;y\n".encode("utf-16-le")


@cases.add("utf-8-then-something-else.csv")
def _() -> bytes:
    return LIST.encode() + b"P99;\xff\xfe\x81\x8d;AMIF;DE;1,00;EUR\n"


@cases.add("old-line-ends.csv", READ)
def _() -> bytes:
    return LIST.replace("\n", "\r").encode()


@cases.add("only-separators.csv")
def _() -> bytes:
    return b";;;;;;\n" * 50_000


@cases.add("directive-alone.csv")
def _() -> bytes:
    return b"sep=;"


@cases.add("delimiter-is-a-quote.csv")
def _() -> bytes:
    return b'sep="\n' + LIST.encode()


@cases.add("delimiter-is-a-line-end.csv")
def _() -> bytes:
    return b"sep=\r\n" + LIST.encode()


@cases.add("json.csv")
def _() -> bytes:
    return b'{"rows": [[1, 2], [3, 4]], "a": "' + b"[" * 100_000 + b'"}'


@cases.add("random-bytes.csv")
def _() -> bytes:
    return random.Random(5).randbytes(200_000)


@cases.add("random-text.csv")
def _() -> bytes:
    rng = random.Random(6)
    return "".join(rng.choice('abc,;|\t"\n\r 123.€é\u2028\x85') for _ in range(100_000)).encode()


@cases.add("amounts-of-a-thousand-digits.csv")
def _() -> bytes:
    return (LIST + f"P50;t;AMIF;DE;{'9' * 1000},99;EUR\nP51;t;AMIF;DE;1e{'9' * 50};EUR\n").encode()


# --- pages ----------------------------------------------------------------------------------------------------------


def page(inside: str) -> bytes:
    """A web page."""
    return f"<!DOCTYPE html><html><head><meta charset=utf-8></head><body>{inside}</body></html>".encode()


def table(rows: str = "") -> str:
    """A table of projects with more rows."""
    head = "".join(f"<th>{name}</th>" for name in HEADER)
    body = "".join(
        f"<tr><td>P{n}</td><td>Title {n}</td><td>AMIF</td><td>DE</td><td>{n}.25</td><td>EUR</td></tr>"
        for n in range(1, 9)
    )
    return f"<table><tr>{head}</tr>{body}{rows}</table>"


@cases.add("sound-page.xls", READ)
def _() -> bytes:
    return page(table())


@cases.add("page-with-entities.xls", "file-unsafe")
def _() -> bytes:
    return b'<!DOCTYPE html [<!ENTITY a "1000000">]><html><body>' + table().encode() + b"</body></html>"


@cases.add("nested-tables.xls")
def _() -> bytes:
    return page("<table><tr><td>1" * 3000 + "</td></tr></table>" * 3000)


@cases.add("tables-never-closed.xls")
def _() -> bytes:
    return page("<table><tr><td>x" * 5000)


@cases.add("spans-of-a-thousand.xls", "file-too-large", READ)
def _() -> bytes:
    return page(table("<tr>" + "<td colspan=1000 rowspan=1000>x</td>" * 3000 + "</tr>"))


@cases.add("span-of-forty-digits.xls")
def _() -> bytes:
    return page(table(f"<tr><td colspan={'9' * 40}>x</td></tr>"))


@cases.add("comment-never-closed.xls")
def _() -> bytes:
    return page(table() + "<!--" * 20_000)


@cases.add("declarations.xls")
def _() -> bytes:
    return page(table() + "<!" * 50_000 + "<![CDATA[" * 1000)


@cases.add("attributes-without-end.xls", "file-too-large", "reading-unconfirmed", "readings-differ", READ)
def _() -> bytes:
    return page(table() + "<td " + "a='" * 20_001)


@cases.add("script-with-a-table.xls", READ)
def _() -> bytes:
    return page(table() + f"<script>document.write('{table()}')</script><style>td {{}}</style>")


@cases.add("page-of-another-encoding.xls")
def _() -> bytes:
    return page(table()).replace(b"utf-8", b"klingon") + b"\xff\xfe\xe9"


@cases.add("page-without-a-table.xls", "file-unreadable")
def _() -> bytes:
    return page("<p>nothing</p>")


@cases.add("page-of-references.xls")
def _() -> bytes:
    return page(table("<tr><td>&#xD800;&#0;&#99999999999;&notareference;&lt;table&gt;</td></tr>"))


# --- IATI -----------------------------------------------------------------------------------------------------------

ACTIVITY = (
    '<iati-activity default-currency="EUR"><iati-identifier>X-{n}</iati-identifier><title><narrative>T</narrative></title>'
    '<transaction><transaction-type code="2"/><value value-date="2021-02-03">{n}.50</value></transaction></iati-activity>'
)


def activities(inside: str) -> bytes:
    """An IATI file."""
    return f'<?xml version="1.0"?><iati-activities version="2.03">{inside}</iati-activities>'.encode()


@cases.add("sound-activities.xml")
def _() -> bytes:
    return activities("".join(ACTIVITY.format(n=n) for n in range(20)))


@cases.add("activities-with-entities.xml", "file-unsafe")
def _() -> bytes:
    return b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + activities("&x;")[21:]


@cases.add("activities-cut.xml", "file-unreadable")
def _() -> bytes:
    made = activities("".join(ACTIVITY.format(n=n) for n in range(20)))
    return made[: len(made) // 2]


@cases.add("activities-deep.xml", "file-unreadable", "file-too-large", "reader-crashed")
def _() -> bytes:
    return activities("<iati-activity>" + "".join(f"<x{n % 71}>" for n in range(300_000)))


@cases.add("activities-amounts.xml")
def _() -> bytes:
    odd = ("NaN", "1e400", "1,5", "", "٣", "<b>5</b>", "9" * 4000, "-5", "<![CDATA[7]]>", "&#49;")
    template = ACTIVITY.replace("{n}.50", "{value}")
    return activities("".join(template.format(n=n, value=value) for n, value in enumerate(odd)))


@cases.add("spreadsheet-of-2003.xml", "file-type-unknown")
def _() -> bytes:
    return (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>'
    )


# --- OpenDocument ---------------------------------------------------------------------------------------------------


def number(value: object, more: str = "") -> str:
    """A cell with a number."""
    return f'<table:table-cell office:value-type="float" office:value="{value}"{more}><text:p>{value}</text:p></table:table-cell>'


def text(value: str, more: str = "") -> str:
    """A cell with a text."""
    return f'<table:table-cell office:value-type="string"{more}><text:p>{value}</text:p></table:table-cell>'


def line(*cells: str, more: str = "") -> str:
    """A row."""
    return f"<table:table-row{more}>{''.join(cells)}</table:table-row>"


SOUND = line(*map(text, HEADER)) + "".join(
    line(text(f"P{n}"), text(f"Title {n}"), text("AMIF"), text("DE"), number(n + 0.25), text("EUR"))
    for n in range(1, 9)
)


def one_table(rows: str, more: str = "") -> str:
    """A document with one table."""
    return tables(f'<table:table table:name="Projects">{more}{rows}</table:table>')


@cases.add("sound.ods", READ)
def _() -> bytes:
    return document(one_table(SOUND))


@cases.add("row-repeated-a-million-times.ods", "file-unreadable", "file-too-large")
def _() -> bytes:
    return document(one_table(SOUND + line(text("x"), more=' table:number-rows-repeated="1048000"')))


@cases.add("row-repeated-a-billion-times.ods", "file-unreadable", "file-too-large")
def _() -> bytes:
    return document(one_table(line(text("x"), more=' table:number-rows-repeated="1000000000"')))


@cases.add("rows-repeated-just-below-the-limit.ods", "file-unreadable", "file-too-large")
def _() -> bytes:
    wide = text("x", ' table:number-columns-repeated="16000"')
    return document(one_table(line(wide, more=' table:number-rows-repeated="99999"')))


@cases.add("empty-rows-to-the-last.ods", READ)
def _() -> bytes:
    empty = line(
        '<table:table-cell table:number-columns-repeated="16384"/>', more=' table:number-rows-repeated="1048567"'
    )
    return document(one_table(SOUND + empty))


@cases.add("cell-in-the-last-corner.ods", "file-too-large")
def _() -> bytes:
    gap = line(
        '<table:table-cell table:number-columns-repeated="16384"/>', more=' table:number-rows-repeated="1048560"'
    )
    far = line('<table:table-cell table:number-columns-repeated="16383"/>', number(1))
    return document(one_table(SOUND + gap + far))


@cases.add("cell-beyond-the-last-column.ods", "file-unreadable", "file-too-large")
def _() -> bytes:
    return document(one_table(SOUND + line('<table:table-cell table:number-columns-repeated="99999999"/>', number(1))))


@cases.add("cell-repeated-a-billion-times.ods", "file-unreadable", "file-too-large")
def _() -> bytes:
    return document(one_table(SOUND + line(number(1, ' table:number-columns-repeated="1000000000"'))))


@cases.add("repeats-that-are-none.ods")
def _() -> bytes:
    return document(
        one_table(
            SOUND + line(number(1, ' table:number-columns-repeated="-5"'), more=' table:number-rows-repeated="x"')
        )
    )


@cases.add("spans-over-all.ods")
def _() -> bytes:
    return document(
        one_table(
            SOUND + line(number(1, ' table:number-columns-spanned="99999999" table:number-rows-spanned="99999999"'))
        )
    )


@cases.add("blanks-by-the-billion.ods")
def _() -> bytes:
    return document(one_table(SOUND + line(text('a<text:s text:c="1000000000"/>b' * 50))))


@cases.add("thousand-tables.ods")
def _() -> bytes:
    return document(tables("".join(f'<table:table table:name="T{n}">{SOUND}</table:table>' for n in range(1000))))


@cases.add("tables-in-tables.ods")
def _() -> bytes:
    deep = '<table:table table:name="T"><table:table-row><table:table-cell>' * 2000
    return document(tables(deep + "</table:table-cell></table:table-row></table:table>" * 2000))


@cases.add("deep-text.ods")
def _() -> bytes:
    return document(one_table(SOUND + line(text("<text:span>" * 3000 + "x" + "</text:span>" * 3000))))


@cases.add("entities.ods", "file-unsafe")
def _() -> bytes:
    return document(one_table(SOUND).replace(XML, XML + '<!DOCTYPE x [<!ENTITY a "1">]>'))


@cases.add("entities-in-the-properties.ods", "file-unsafe")
def _() -> bytes:
    return document(one_table(SOUND), meta_xml='<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>')


@cases.add("basic-with-its-doctype.ods", READ)
def _() -> bytes:
    doctype = '<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd"><a/>'
    return document(one_table(SOUND), **{"Basic/Standard/Module1_xml": doctype})


@cases.add("encrypted.ods", "file-protected")
def _() -> bytes:
    manifest = '<manifest:manifest xmlns:manifest="m"><manifest:encryption-data/></manifest:manifest>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return zipped({"mimetype": kind, "content.xml": "\x01\x02", "META-INF/manifest.xml": manifest})


@cases.add("cut.ods", "file-unreadable")
def _() -> bytes:
    made = one_table(SOUND)
    return document(made[: len(made) // 2])


@cases.add("no-tables.ods", "file-unreadable")
def _() -> bytes:
    return document(tables(""))


@cases.add("text-document.odt", "file-type-unknown")
def _() -> bytes:
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": tables("")})


@cases.add("links-to-everywhere.ods", READ)
def _() -> bytes:
    source = '<table:table-source xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="http://127.0.0.1:9/evil.ods"/>'
    return document(one_table(SOUND, source))
