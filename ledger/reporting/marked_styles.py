"""The cell styles of a workbook, and those that are added to them for marks and for the findings sheet."""

from __future__ import annotations

import re
from typing import Final

from ledger.domain.findings import Severity
from ledger.reporting.xml_edit import Element, Part, elements, with_attributes

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#: Fill and border (style, colour) of a marked cell. The line differs too: colour alone does not reach everybody.
LOOKS: Final = {
    Severity.ERROR: ("FFFFC7CE", "medium", "FFC00000"),
    Severity.WARNING: ("FFFFEB9C", "mediumDashed", "FFBF8F00"),
}
_ORDER = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles",
          "colors", "extLst")  # fmt: skip
#: What the lists hold where a workbook has none: programs take the first two fills for granted.
_FIRST = {
    "fonts": ['<font><sz val="11"/><name val="Calibri"/></font>'],
    "fills": ['<fill><patternFill patternType="none"/></fill>', '<fill><patternFill patternType="gray125"/></fill>'],
    "borders": ["<border><left/><right/><top/><bottom/><diagonal/></border>"],
    "cellXfs": ['<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'],
}
#: What a package without styles gets; the lists above are added to it.
EMPTY: Final = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<styleSheet xmlns="{MAIN}"><cellStyleXfs count="1">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
#: Fonts that cannot be read on a light fill.
_LIGHT = re.compile(
    r'<\w*:?color\b[^>]*(?:rgb="(?:FF|00)?(?:F[0-9A-F]){3}"|theme="[02]"|indexed="(?:1|9)")[^>]*/>', re.IGNORECASE
)


class Styles:
    """The part `xl/styles.xml`. What is asked for is added at the end of its lists, so that no index changes."""

    def __init__(self, data: bytes) -> None:
        self._part = Part(data)
        found = elements(data, lambda element: element.depth < 3)
        self._root = found[0]
        self._p = found[0].prefix
        self._groups: dict[str, Element] = {e.local: e for e in found if e.depth == 1}
        self._items: dict[str, list[str]] = {name: [] for name in _FIRST}
        for element in found:
            if element.depth == 2 and element.parent is not None and element.parent.local in self._items:
                text = data[element.start : element.end].decode("utf-8", "replace")
                self._items[element.parent.local].append(text)
        self._old = {name: len(items) for name, items in self._items.items()}
        for name, items in self._items.items():
            if not items:
                items += [self._prefixed(text) for text in _FIRST[name]]
        self._marked: dict[tuple[int, Severity], int] = {}

    def add(self, group: str, xml: str) -> int:
        """Index of a font, fill, border or cell format; written without prefixes."""
        return self._index(group, self._prefixed(xml))

    def _prefixed(self, xml: str) -> str:
        return re.sub(r"<(/?)(?=\w)", rf"<\1{self._p}", xml) if self._p else xml

    def _index(self, group: str, text: str) -> int:
        items = self._items[group]
        if text not in items[self._old[group] :]:
            items.append(text)
        return items.index(text, self._old[group])

    def format(self, *, font: str = "", fill: str = "", border: str = "", alignment: str = "", number: int = 0) -> int:
        """Index of a cell format made of these pieces; what is not given is that of the workbook's first one."""
        fonts = self.add("fonts", font) if font else 0
        fills = self.add("fills", fill) if fill else 0
        borders = self.add("borders", border) if border else 0
        return self.add(
            "cellXfs",
            f'<xf numFmtId="{number}" fontId="{fonts}" fillId="{fills}" borderId="{borders}" xfId="0" applyFont="1" '
            f'applyFill="1" applyBorder="1" applyAlignment="1">{alignment}</xf>',
        )

    def marked(self, style: int, level: Severity) -> int:
        """Index of the format that is the one at `style` with the fill and border of a mark."""
        key = (style, level)
        if key not in self._marked:
            colour, line, edge = LOOKS[level]
            own = self._items["cellXfs"][style] if style < len(self._items["cellXfs"]) else self._items["cellXfs"][0]
            sides = "".join(
                f'<{s} style="{line}"><color rgb="{edge}"/></{s}>' for s in ("left", "right", "top", "bottom")
            )
            values: dict[str, str | None] = {
                "fillId": str(self.add("fills", solid(colour))),
                "borderId": str(self.add("borders", f"<border>{sides}<diagonal/></border>")),
                "applyFill": "1",
                "applyBorder": "1",
            }
            font = int(_attribute(own, "fontId") or 0)
            fonts = self._items["fonts"]
            if font < len(fonts) and _LIGHT.search(fonts[font]):
                values |= {"fontId": str(self._index("fonts", _LIGHT.sub("", fonts[font]))), "applyFont": "1"}
            head, rest = own[: own.index(">") + 1], own[own.index(">") + 1 :]
            self._marked[key] = self._index("cellXfs", with_attributes(head.encode(), values).decode() + rest)
        return self._marked[key]

    def ours(self) -> set[int]:
        """The formats that carry the fill and border of a mark."""
        fills, borders = self._items["fills"], self._items["borders"]
        marks = set()
        for at, form in enumerate(self._items["cellXfs"]):
            fill, border = int(_attribute(form, "fillId") or 0), int(_attribute(form, "borderId") or 0)
            if fill < len(fills) and border < len(borders):
                looks = LOOKS.values()
                if any(f'"{colour}"' in fills[fill] and f'"{edge}"' in borders[border] for colour, _, edge in looks):
                    marks.add(at)
        return marks

    def unmarked(self, style: int) -> int:
        """Index of the format that is the one at `style` without fill and border."""
        own = self._items["cellXfs"][style]
        cut = own.index(">") + 1
        return self._index(
            "cellXfs", with_attributes(own[:cut].encode(), {"fillId": "0", "borderId": "0"}).decode() + own[cut:]
        )

    def result(self) -> bytes:
        """The part with all that was added."""
        for name, items in self._items.items():
            new = items[self._old[name] :]
            group = self._groups.get(name)
            if group is None:
                text = f'<{self._p}{name} count="{len(items)}">{"".join(items)}</{self._p}{name}>'
                later = [self._groups[after] for after in _ORDER[_ORDER.index(name) + 1 :] if after in self._groups]
                if later:
                    self._part.insert(later[0].start, text)
                else:
                    self._part.append(self._root, text)
            elif new:
                self._part.append(group, "".join(new))
                self._counts(group, len(items))
        return self._part.result()

    def _counts(self, group: Element, number: int) -> None:
        """Correct the `count` of a list, in its digits alone: the tag may be opened for its content besides."""
        tag = self._part.data[group.start : group.inner]
        found = re.search(rb"""\scount\s*=\s*["']([0-9]+)""", tag)
        if found:
            self._part.replace(group.start + found.start(1), group.start + found.end(1), str(number).encode())


def solid(colour: str) -> str:
    """A fill of one colour (ARGB)."""
    return (
        f'<fill><patternFill patternType="solid"><fgColor rgb="{colour}"/><bgColor indexed="64"/></patternFill></fill>'
    )


def _attribute(tag: str, name: str) -> str | None:
    found = re.search(rf'\s{name}\s*=\s*["\']([^"\']*)', tag)
    return found[1] if found else None
