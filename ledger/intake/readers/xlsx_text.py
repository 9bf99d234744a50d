"""Text of an Excel workbook: entities, `_x000D_` escapes, rich text, and the table of shared strings."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from ledger.intake.readers import markup
from ledger.intake.readers.limits import MAX_ROW_ELEMENTS, MAX_ROW_TEXT, MAX_TEXT_LENGTH, MAX_TEXTS

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

CHUNK = 512 * 1024
_ENTITY = re.compile(r"&([^;&\s]{1,10});|&")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MAIN = re.compile(
    r"http://schemas\.openxmlformats\.org/spreadsheetml/2006/main|http://purl\.oclc\.org/ooxml/spreadsheetml/main"
)
_PROLOGUE = re.compile(r"\ufeff?\s*(?:<\?xml [^>]*?\?>)?\s*")
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([^"']+)["']""")
_STRING = re.compile(r'\s*<si><t(?: xml:space="preserve")?>([^<]*)</t>')


class NotUnderstood(Exception):
    """The quick scan met something that only a real XML parser should judge."""


def _entity(match: re.Match[str]) -> str:
    name = match[1]
    if name in _NAMED:
        return _NAMED[name]
    if name and name[0] == "#":
        code = int(name[2:], 16) if name[1:2] == "x" else int(name[1:])  # noqa: FURB166 - XML, not Python
        return chr(code)
    raise NotUnderstood


class TooManyTexts(Exception):
    """The table of texts is larger than what is held in memory."""


def unescape_entities(text: str) -> str:
    """XML character data as text; raises `NotUnderstood` for entities that XML itself does not know."""
    try:
        return _ENTITY.sub(_entity, text)
    except (ValueError, OverflowError) as error:
        raise NotUnderstood from error


def unescape_controls(text: str) -> str:
    """Excel writes characters that XML can not hold as `_xHHHH_`, and a literal `_x` as `_x005F_x`."""
    if "_x" not in text:
        return text
    text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def rich_text(element: Element) -> str:
    """The text of an `<si>` or `<is>`: its own and that of its runs, without phonetic hints."""
    parts: list[str] = []
    for child in element:
        name = markup.local(child.tag)
        if name == "t":
            parts.append(child.text or "")
        elif name == "r":
            parts.extend(text.text or "" for text in markup.children(child, "t"))
    return unescape_controls("".join(parts))


def text_chunks(stream: IO[bytes]) -> Iterator[str]:
    """The text of a UTF-8 XML part, piece by piece, with its line ends as XML has them.

    Raises `NotUnderstood` for other encodings, and where comments, CDATA or processing instructions make a scan by
    expression unsafe.
    """
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")(), translate=True)
    first = True
    while data := stream.read(CHUNK):
        if first:
            declared = _ENCODING.search(data[:200])
            if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii"):
                raise NotUnderstood
        try:
            text = decoder.decode(data)
        except UnicodeDecodeError as error:
            raise NotUnderstood from error
        if first:
            prologue = _PROLOGUE.match(text)
            text = text[prologue.end() :] if prologue else text
            first = False
        if "<!" in text or "<?" in text:
            raise NotUnderstood
        yield text


def root_is_plain(root_tag: str, name: str) -> bool:
    """True where the elements of the main namespace can carry no prefix below this root tag."""
    if not re.match(rf"<{name}[\s>]", root_tag):
        return False
    found = re.findall(r"""\sxmlns(:[\w.-]+)?\s*=\s*["']([^"']*)["']""", root_tag)
    return not any(prefix and _MAIN.fullmatch(uri) for prefix, uri in found)


def shared_strings(opener: IO[bytes], again: IO[bytes], *, careful: bool = True) -> list[str]:
    """All shared strings in their order. Two streams of the same part: the second is for the careful way.

    Raises `TooManyTexts` where memory would not hold them, or where the careful way, which is slow, is not allowed.
    """
    try:
        return _strings_by_scan(opener)
    except NotUnderstood:
        if not careful:
            raise TooManyTexts from None
        return _strings_by_parser(again)


def _strings_by_scan(stream: IO[bytes]) -> list[str]:
    strings: list[str] = []
    rest = ""
    root = ""
    length = 0
    for text in text_chunks(stream):
        length += len(text)
        if len(rest) > MAX_ROW_TEXT or length > MAX_TEXT_LENGTH:
            raise TooManyTexts
        rest += text
        if not root:
            end = rest.find(">")
            if end < 0:
                continue
            root, rest = rest[: end + 1], rest[end + 1 :]
            if not root_is_plain(root, "sst"):
                raise NotUnderstood
            if root.endswith("/>"):
                return strings
        *items, rest = rest.split("</si>")
        for item in items:
            strings.append(_one_string(item, root, strings))
        if len(strings) > MAX_TEXTS:
            raise TooManyTexts
    _empty_strings(rest, strings)
    return strings


def _one_string(item: str, root: str, strings: list[str]) -> str:
    plain = _STRING.match(item)
    if plain and plain.end() == len(item):
        text = plain[1]
        if "&" in text:
            text = unescape_entities(text)
        return unescape_controls(text)
    try:
        element = markup.parse(f"{root}{item}</si></sst>")
    except markup.MARKUP_ERRORS as error:
        raise NotUnderstood from error
    found = list(markup.children(element, "si"))
    strings.extend("" for _ in found[:-1])  # self-closed ones before it
    return rich_text(found[-1])


def _empty_strings(rest: str, strings: list[str]) -> None:
    """Self-closed entries may stand at the very end; anything else there is not understood."""
    tail = rest.strip()
    if not tail.endswith("</sst>"):
        raise NotUnderstood
    tail = tail[: -len("</sst>")].strip()
    while tail.startswith("<si/>"):
        strings.append("")
        tail = tail[5:].lstrip()
    if tail and not tail.startswith("<extLst"):
        raise NotUnderstood


def _strings_by_parser(stream: IO[bytes]) -> list[str]:
    strings: list[str] = []
    open_elements: list[Element] = []
    pending = 0
    for event, element in markup.walk(stream):
        if event == "start":
            open_elements.append(element)
            pending += 1
            if pending > MAX_ROW_ELEMENTS:
                raise TooManyTexts
            continue
        open_elements.pop()
        if len(open_elements) == 1:
            if markup.local(element.tag) == "si":
                strings.append(rich_text(element))
            open_elements[0].clear()
            pending = 0
        if len(strings) > MAX_TEXTS:
            raise TooManyTexts
    return strings
