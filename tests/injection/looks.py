"""What acts in an exported file: formulas, links, markup, cells that a spreadsheet program would run, control signs."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path

from defusedxml.ElementTree import fromstring
from markdown_it import MarkdownIt

from ledger.domain.overriding import override
from tests.injection.payloads import MARK

#: What a spreadsheet program takes for the beginning of a formula; the wide signs are those of Chinese and Japanese input.
_RUN = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
#: Formulas that this program writes: numbers, addresses, names of its own ranges, and its own words in quotes.
_OURS = re.compile(
    r"(?:ROUND|SUMIFS|SUMPRODUCT|EXACT|SUM|LEFT|SUBTOTAL|IF|ABS|MOD|ROW|COUNTIF|COUNTA|AND|OR|LEN|ISNUMBER|TRUE|FALSE|(?:Detail|List)_\w+"
    r"|'[\w ]+'!|[A-Za-z]+!"
    r'|Lists|\$?[A-Z]{1,3}\$?[0-9]+|\$?[0-9.]+|"[\w ✓✗–#.-]*"|[-+*/(),<>=:!])*'
)


def acting_in_workbook(path: Path) -> list[str]:
    """Formulas that are not ours, links out of the file, fields of a header, and parts that are no XML."""
    found = []
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            text = package.read(name)
            if not name.endswith((".xml", ".rels", ".vml")):
                found.append(f"{name}: an unknown part")
                continue
            for element in fromstring(text).iter():
                local, value = element.tag.rpartition("}")[2], element.text or ""
                if local in ("f", "formula", "formula1", "formula2", "definedName", "criteria"):
                    if MARK in value or not _OURS.fullmatch(value):
                        found.append(f"{name}: {local} {value}")
                elif local == "hyperlink" and set(element.keys()) - {"ref", "location", "display", "tooltip"}:
                    found.append(f"{name}: a link out of the file")
                elif local in ("Relationship", "externalLink", "ddeLink", "oleObject") and (
                    local != "Relationship" or element.get("TargetMode") == "External"
                ):
                    found.append(f"{name}: {local} {element.attrib}")
                elif local in ("oddHeader", "oddFooter") and MARK in value:
                    found.append(f"{name}: {local} {value}")
    return found


def acting_in_csv(path: Path) -> list[str]:
    """Cells that a spreadsheet program would run, whichever sign it takes for the delimiter."""
    raw = path.read_bytes().decode("utf-8")
    found = []
    usual = csv.field_size_limit(
        max(len(raw) + 1, csv.field_size_limit())
    )  # divided at the wrong sign, all is one cell
    try:
        for delimiter in ",;\t":
            for row in csv.reader(io.StringIO(raw, newline=""), delimiter=delimiter):
                cells = (cell for cell in row if MARK in cell and cell.strip(' "').startswith(_RUN))
                found += [f"{delimiter!r}: {cell[:80]!r}" for cell in cells]
    finally:
        csv.field_size_limit(usual)
    # What a wrong encoding makes of apostrophes and dashes (0x80 to 0x9F) is data, and stays.
    return found + [f"control sign {sign!r}" for sign in set(_CONTROL.findall(raw.replace("\r", ""))) if sign < "\x80"]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        if any(value and MARK in value for _, value in attrs):
            self.found.append(f"{tag} {attrs}")


def acting_in_markdown(path: Path) -> list[str]:
    """Markup that is not ours, once the file is shown as a page."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    text = path.read_text("utf-8")
    tags = _Tags()
    tags.feed(reader.render(text))
    ours = {"h1", "h2", "p", "ul", "li", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    # What GitHub and others make a link of by themselves.
    bare = re.findall(r"(?<!\\)(?:https?|ftp):?//\S*|(?<![\w\\])www\.\S*", text)
    return [tag for tag in tags.found if tag not in ours] + [link for link in bare if MARK in link]


def acting_in_terminal(text: str) -> list[str]:
    """Signs that a terminal acts upon."""
    return sorted(set(_CONTROL.findall(text)))
