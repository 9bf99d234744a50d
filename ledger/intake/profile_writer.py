"""A commented profile for a file that no profile knows: what was inferred, written down for a person to correct."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from ledger.domain.records import Kind
from ledger.intake.fields import FIELDS
from ledger.intake.headers import first_rows, heads
from ledger.intake.identify import IdentifiedColumn, IdentifiedTable
from ledger.intake.layouts import Layout
from ledger.intake.profiles import TableRule

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_UNITS = {1: "1", 10**3: "thousand", 10**6: "million"}


def write_profile(name: str, file: str, tables: Sequence[IdentifiedTable]) -> str:
    """The TOML of a profile that reads the tables of `file` as they were identified; every guess has its reason."""
    lines = [
        f"# Profile for files like {_comment(file)}, proposed by the program. Check every line that says how sure it is,",
        "# remove what is wrong, and keep the file in a folder that `profiles` in euledger.toml names.",
        "# What was read with it can be written down as golden records: euledger profile test --write FILE NAME",
        f"name = {_quoted(name)}",
        f"title = {_quoted(name)}",
        "# What one row is: projects, programmes, envelopes, figures or rates.",
        'kind = "projects"',
        "# Names the list: references are unique within a source.",
        f"source = {_quoted(name)}",
        "# false: a newer file adds to the ledger, and what it does not repeat stays as it is.",
        "situation = true",
        "",
    ]
    lines += ["# The file is recognised by these headers.", "[recognise]"]
    named = [table.name for table in tables if table.name]
    if len(tables) > 1:
        lines.append(f"sheets = {_listed(named)}")
    elif tables:
        lines.append(f"headers = {_listed(_headers(tables[0]))}")
    lines += ["", *_constants(tables)]
    parts = ["\n".join(_table(table, is_one=len(tables) == 1)) for table in tables]
    return "\n\n".join(["\n".join(lines), *parts]) + "\n"


def _constants(tables: Sequence[IdentifiedTable]) -> list[str]:
    lines = ["# What the whole file means and no cell says."]
    currencies = {c.currency.code for table in tables for c in table.money}
    known = next(iter(currencies)) if len(currencies) == 1 else None
    has_column = any(table.column_of("currency") for table in tables)
    lines.append("[constants]")
    if not has_column:
        lines.append(f"currency = {_quoted(known)}" if known else '# currency = "EUR"')
    absent = [name for name in ("fund", "country") if not any(table.column_of(name) for table in tables)]
    lines += [f'# {name} = "…"' for name in absent]
    lines.append('# as_of = "YYYY-MM-DD"')
    return lines


def _table(table: IdentifiedTable, *, is_one: bool) -> list[str]:
    """The lines of one table: at the top of the profile, or as one of [[sheets]]."""
    head = "" if is_one else "sheets."
    lines: list[str] = []
    texts = _texts(table)
    left = [texts[c.index] for c in table.columns if c.field is None and texts.get(c.index)]
    own = []
    if len(table.header.header_rows) > 1:
        own.append(f"header_rows = {len(table.header.header_rows)}")
    if left:
        own += ["# Columns that are left alone; take one out and write a [columns.FIELD] for it, if it is wanted.",
                f"ignore = {_listed(left)}"]  # fmt: skip
    if not is_one:
        lines += ["[[sheets]]", f"sheet = {_quoted(table.name)}", f"headers = {_listed(_headers(table))}"]
        lines += own
    elif own:
        # At the top of the file these keys would have to stand before [recognise]; as a sheet they may stand here.
        lines += ["[[sheets]]", *own]
        head = "sheets."
    used: set[str] = set()
    for column in table.columns:
        if column.field is None or column.field in used or column.field not in FIELDS[Kind.PROJECTS]:
            lines += _doubtful(column, texts)
            continue
        used.add(column.field)
        lines += ["", *_column(column, texts[column.index], head)]
    return lines


def _doubtful(column: IdentifiedColumn, texts: dict[int, str]) -> list[str]:
    if not column.ambiguous or not column.alternatives:
        return []
    names = " or ".join(column.alternatives)
    header = _comment(texts.get(column.index, column.header))
    return ["", f"# Column {column.letter} ({header}) may be {names}: name it here, and take it out of `ignore`."]


def _column(column: IdentifiedColumn, header: str, head: str) -> list[str]:
    lines = [
        f"# Column {column.letter}, {round(column.confidence * 100)} % sure: {_comment('; '.join(column.evidence))}"
    ]
    if column.alternatives:
        lines.append(f"# It might also be {', '.join(column.alternatives)}.")
    lines += [f"[{head}columns.{column.field}]", f"headers = {_listed([header])}"]
    if column.is_money:
        if column.numbers is not None and column.numbers.style:
            lines.append(f"number_style = {_quoted(column.numbers.style)}")
        elif column.numbers is not None and column.numbers.ambiguous:
            lines.append('# number_style = ".,"   (grouping sign and decimal sign: the cells do not settle it)')
        if column.unit.factor in _UNITS:
            lines.append(f"unit = {_quoted(_UNITS[column.unit.factor or 1])}")
    if column.dates is not None and column.dates.ambiguous:
        lines.append('# date_order = "dmy"   (or mdy, ymd: the cells do not settle it)')
    return lines


def _texts(table: IdentifiedTable) -> dict[int, str]:
    """The header of each column as a profile has to word it."""
    rule = TableRule(Kind.PROJECTS, layout=Layout(header_rows=len(table.header.header_rows)))
    rows = heads(rule, table.sheet, first_rows(table.sheet))
    found = next((row for row in rows if row.number == table.header_row), None)
    values = [] if found is None else found.values
    return {index: str(value).strip() for index, value in enumerate(values, 1) if value is not None}


def _headers(table: IdentifiedTable) -> list[str]:
    """The headers that tell this kind of file from others: those of the columns that are read."""
    texts = _texts(table)
    return [texts[c.index] for c in table.columns if c.field is not None and c.index in texts]


def _quoted(text: str | None) -> str:
    # A string of TOML is one of JSON but for DEL; half a surrogate pair has no place in a file.
    return json.dumps(_whole(text or ""), ensure_ascii=False).replace("\x7f", "\\u007f")


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _listed(texts: Sequence[str]) -> str:
    return f"[{', '.join(_quoted(text) for text in texts)}]"


def _comment(text: str) -> str:
    """A text that stays on one line, without control characters: TOML refuses them in comments too."""
    return _CONTROL.sub("�", _whole(" ".join(text.split())))
