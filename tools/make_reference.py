"""Write docs/reference from the program itself, so that the reference can not drift from it.

    python tools/make_reference.py            writes the pages
    python tools/make_reference.py --check    fails (1) and names the pages that are stale

findings.md comes from the registry of codes, checks.md from that of rules, schema.md from the models, cli.md from the help of every command,
profile-keys.md and report-keys.md from the keys that the readers of profiles and reports take.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import click

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
HELP_WIDTH = 100
#: Said on each page, so that nobody mends it by hand.
MARK = "<!-- Made by tools/make_reference.py; change the program, not this page. -->"

#: Columns that mean the same in every table that has them.
COMMON_COLUMNS = {
    "id": "number of the row",
    "batch_id": "the batch that wrote it",
    "source_row_id": "the row of a file that states it",
    "is_withdrawn": "taken back: no longer stated",
    "digest": "SHA-256 of what the row says",
    "is_illustrative": "invented example data",
    "source": "whose references these are: the profile's name, or `--set source=`",
    "ref": "the reference in that source",
    "period_start": "first day",
    "period_end": "last day",
    "note": "remark of the source",
}
#: Keys of a profile whose dataclass field has another name or says too little. Keys: `table.key` as in the TOML file.
KEY_WORDS = {
    "name": "name of the profile, else that of the file; `-p NAME` chooses it",
    "title": "what the file is, for people",
    "kind": "what one row is: {kinds}",
    "source": "whose references these are; a project is known by source and reference. Else the profile's name",
    "illustrative": "`true`: invented data, never mixed with recorded data unasked",
    "situation": "`false`: rows are added to what the ledger holds; `true` (default): a newer file replaces it",
    "recognise": "how the file is known; see below",
    "sheets": "one table per sheet read, `[[sheets]]`; see below",
    "coverage": "`[[coverage]]`: the scope of which this file is the complete list; see below",
    "columns": "`[columns.FIELD]`: how each field's column is found and read; see below",
    "constants": "what the whole file means and no cell says; see below",
    "total_rows": "how total rows are known; see below",
    "ignore": "headers of columns to leave alone without a word",
    "other_columns": '`"report"` (default): a column that is none of ours is told and left alone; `"stop"`: it stops',
    "ref": "`pattern` and `title` build a row's reference and title from its fields: `AMIF1420.{country}`",
    "sheet": "names of the sheet; else the first that carries the headers",
    "optional": "`true`: no finding where the sheet is absent",
    "headers": "wordings that must stand in the header row",
    "fields": "fields that must have a column",
    "recognise.sheets": "sheet names that must be there",
    "recognise.headers": "wordings that must stand in the header row",
    "recognise.fields": "fields that must have a column",
    "recognise.file": "patterns of the file's name: `*annex-i*`",
    "columns.headers": "wordings of the header; the field's own name always counts",
    "columns.number_style": "grouping sign and decimal sign, `_` for none: `.,` reads 1.234,56",
    "columns.date_order": "`dmy`, `mdy` or `ymd`",
    "columns.currency": "currency of the column, where no cell says it",
    "columns.stage": "stage of the column's amounts, where it is not the field's own",
    "columns.basis": "basis of the column's amounts, where it is not the field's own",
    "columns.earmark": "earmark that the column's amounts count towards",
    "columns.example": "what the template shows as an example",
    "constants.period": "years, `2021-2027`: sets period_start and period_end",
    "constants.unit": "1, thousand or million",
    "constants.as_of": "date of the situation that the file states",
    "constants.number_style": "as for a column, for all of them",
    "constants.date_order": "as for a column, for all of them",
    "constants.earmark": "earmark that every row counts towards",
    "total_rows.words": "words that make a row a total",
    "total_rows.columns": "where such a word may stand; else the row's first filled cell",
    "total_rows.values": "column -> values that make a row a total over that column",
    "total_rows.keys": "further columns that such a total has in common with its rows",
    "coverage.fund": "fund code; left out: every fund",
    "coverage.earmark": "earmark; left out: not limited",
    "coverage.country": "country or group; left out: every country",
    "coverage.period": "years, `2021-2027`",
    "coverage.period_start": "first day, instead of `period`",
    "coverage.period_end": "last day, instead of `period`",
    "header_rows": "number of stacked header rows (1 to 10)",
    "sections": "`[[sections]]`: rows with one text that says a field of the rows below; see below",
    "children": "rows that are parts of the row above; see below",
    "repeated": "one thing on several rows; see below",
    "wide": "`[[wide]]`: a column per period; see below",
    "checks": "`[[checks]]`: arithmetic between columns that must hold; see below",
    "lookup": "fields that another sheet of the file states; see below",
    "split": "pairs of columns with codes and percentages; see below",
    "missing": "texts that mean an empty cell",
    "redacted": "texts that stand for something withheld",
    "value_date": "pattern of the date of a row's amounts: `{year}-12-31`; else `decision_date`, else `start_date`",
}

#: Keys of a report's declaration: `table.key` as in the TOML file.
REPORT_WORDS = {
    "name": "name of the report, else that of the file; a report of the same name in a later folder takes its place",
    "title": "what stands above it",
    "purpose": "one sentence, for the list of reports and the sheet About",
    "notes": "a list of texts for the sheet About",
    "filters": "what it is limited to; see below",
    "needs": "options that must be given: {needs}",
    "measures": "`[[measures]]`: what is counted; see below",
    "sheets": "`[[sheets]]`: what is shown; see below",
    "filters.funds": "fund codes; `--fund` takes their place",
    "filters.countries": "countries or groups; `--country` takes their place",
    "filters.themes": "themes, with all below them",
    "filters.units": "units of projects: `decision`, `contract` …",
    "filters.earmark": "only the share that this earmark counts",
    "filters.programme": "a programme's reference; `--programme` takes its place",
    "filters.years": "`2022` or `2021-2023`, by value date",
    "filters.currency": "only this currency; what is published in one needs it",
    "filters.source": "whose references: the profile's name, or what `--set source=` said",
    "measures.name": "short name, else the stage",
    "measures.stage": "{stages}",
    "measures.basis": "{bases}; `eu` (default); `total` adds all up",
    "measures.earmark": "count the share of this earmark alone",
    "measures.funds": "only these funds, whatever else the report counts",
    "measures.title": "heading of its column, else the stage's word",
    "sheets.name": "short name: `--sheet NAME`, and part of the name of a csv file",
    "sheets.tab": "name on the tab, 31 characters at most",
    "sheets.title": "what stands above the sheet, else the report's title",
    "sheets.kind": "what its rows are: {kinds}; `sums` (default)",
    "sheets.by": "keys of the sums: {keys}",
    "sheets.measures": "which measures it shows, else all",
    "sheets.columns": "attributes that a list of projects shows: {columns}",
    "sheets.headings": "`[sheets.headings]`: other headings, by column or measure",
    "sheets.order": "`keys` (default), or `amount`: the largest first measure first",
    "sheets.projects": "`false`: no column that counts projects",
    "sheets.ratios": "`[[sheets.ratios]]`: shares in per cent; see below",
    "sheets.notes": "texts below the title",
    "sheets.charts": "`[[sheets.charts]]`; see below",
    "sheets.plain": "`true`: headings in the first row and nothing beside the table; its sums are checked on a sheet of their own",
    "sheets.deadlines": "`[sheets.deadlines]`, of an outlook: `2021 = 2024-12-31`, the day until which a year's money is to be used",
    "ratios.name": "short name",
    "ratios.title": "heading",
    "ratios.of": "the measure that is a part …",
    "ratios.to": "… of this one",
    "charts.kind": "{charts}",
    "charts.title": "what stands above it, and is read aloud",
    "charts.measures": "its series, else all measures of the sheet",
    "charts.rows": "how many of the sheet's first rows it draws (1 to 100; 15)",
}


def main(arguments: Sequence[str]) -> int:
    """Write or check the pages; the exit code."""
    if unknown := [word for word in arguments if word != "--check"]:
        print(f"unknown: {' '.join(unknown)}", file=sys.stderr)
        return 2
    stale = []
    for name, make in PAGES.items():
        page, text = FOLDER / name, make()
        if page.exists() and page.read_text("utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            FOLDER.mkdir(parents=True, exist_ok=True)
            page.write_text(text, "utf-8")
    if stale:
        said = "stale, run python tools/make_reference.py" if "--check" in arguments else "written"
        print(f"{', '.join(stale)}: {said}", file=sys.stderr)
    return 1 if stale and "--check" in arguments else 0


def findings() -> str:
    """Every code with severity, cause and cure, under the headings of the registry."""
    from ledger.domain import findings as registry

    lines = [
        "# Findings",
        FINDINGS_SAY,
        *table(("severity", "what happens", "exit code"), SEVERITIES),
    ]
    headings = _headings(inspect.getsource(registry))
    for heading, codes in headings:
        lines.append(f"## {heading[:1].upper()}{heading[1:]}")
        rows = [
            (f'<a id="{code}"></a>`{code}`', str(kept.severity), kept.cause, kept.cure)
            for code in codes
            for kept in (registry.CODES[code],)
        ]
        lines += table(("code", "severity", "cause", "cure"), rows)
    assert sum(len(codes) for _, codes in headings) == len(registry.CODES), "a code stands under no heading"
    return page(lines)


FINDINGS_SAY = """A finding names a place (`FILE!Sheet!F17`), says what is wrong, its code, and what to do. What it does to the work
depends on its severity; a single finding may be milder or graver than its code's usual one, and then says so."""
SEVERITIES = (
    ("stop", "the file is not read further; nothing of it is posted", "3"),
    ("error", "the row, or the statement checked, is refused; everything else goes on", "1"),
    ("warning", "the work is done, and somebody should look", "1"),
    ("info", "said so that nothing is silent", "0"),
)


def _headings(source: str) -> list[tuple[str, list[str]]]:
    """The registry's comments `# --- the file ---` with the codes below each."""
    found: list[tuple[str, list[str]]] = []
    for line in source.splitlines():
        if heading := re.match(r"\s*# --- (.+?) -+$", line):
            found.append((heading[1], []))
        elif found and (code := re.match(r'    \("([a-z-]+)", Severity\.', line)):
            found[-1][1].append(code[1])
    return found


CHECKS_SAY = """What `euledger check` holds the ledger against, in the order in which it is run. `--only RULE` and `--skip RULE`
choose; an *error* fails its rule, a *warning* does so with `--strict`. A rule is silent where all is well. What a rule
cannot look at, because the ledger does not record what it needs, is counted as *not checked* and named by `-v` and in
`notes` of the JSON. The source says how far it was read: *read*, *second-hand* (its heading, or somebody else's
account), *unverified* (remembered; breaches are warnings), or *the ledger's own rule*. Check an article in the text of the act before you quote it."""


def checks() -> str:
    """Every rule with severity, purpose, source, codes and what it needs."""
    from ledger.domain.rules import RULES

    lines = ["# Checks", CHECKS_SAY]
    for rule in RULES.values():
        codes = ", ".join(f"[`{code}`](findings.md#{code})" for code in rule.codes)
        lines += [f"## {rule.name}", rule.purpose]
        rows = [
            ("breach", str(rule.severity)),
            ("findings", codes),
            ("source", rule.source),
            ("known", str(rule.known)),
        ]
        lines += table(("", ""), [*rows, ("needs", rule.needs)] if rule.needs else rows)
    return page(lines)


SCHEMA_SAYS = """The tables, the same on SQLite and on PostgreSQL 15 or newer; types as on PostgreSQL. Columns that end in `_minor`
hold whole cents (or the currency's own smallest unit): no other column holds money. *Append-only*: triggers refuse
UPDATE and DELETE."""


def schema() -> str:
    """Every table with its columns; what is append-only says so."""
    from sqlalchemy.dialects import postgresql

    from ledger.store import models

    lines = [
        "# Schema",
        SCHEMA_SAYS,
    ]
    made = {mapper.local_table.name: mapper.class_ for mapper in models.Base.registry.mappers}  # type: ignore[attr-defined]
    for name, kept in models.Base.metadata.tables.items():
        lines += [f"## {name}", inspect.cleandoc(made[name].__doc__ or "").replace("\n\n", "\n")]
        lines.append("*Append-only.*" if name in models.APPEND_ONLY else "*May change.*")
        rows = []
        for column in kept.columns:
            target = next((f"→ {key.target_fullname}" for key in column.foreign_keys), "")
            said = column.comment or COMMON_COLUMNS.get(column.name, "")
            kind = column.type.compile(dialect=postgresql.dialect()).lower()  # type: ignore[no-untyped-call]
            marks = "key" if column.primary_key else "may be null" if column.nullable else ""
            rows.append((f"`{column.name}`", kind, marks, "; ".join(part for part in (said, target) if part)))
        lines += table(("column", "type", "", "meaning"), rows)
    return page(lines)


CLI_SAYS = """What `--help` says, command by command. The same letter means the same everywhere. stdout carries results, stderr
talk and progress. `--format json` is described in [json.md](json.md)."""


def cli() -> str:
    """The help of every command, as the terminal shows it."""
    from ledger.cli.main import cli as root

    lines = [
        "# Commands",
        CLI_SAYS,
    ]
    top = click.Context(root, info_name="euledger", terminal_width=HELP_WIDTH, **root.context_settings)
    for path, command, context in _commands(root, top):
        lines += [f"{'##' if path.count(' ') < 2 else '###'} {path}", f"```text\n{command.get_help(context)}\n```"]
    return page(lines)


def _commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command, click.Context]]:
    """A command and all below it, each with its path and its context."""
    yield context.command_path, command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None, name
            inner = click.Context(below, info_name=name, parent=context, terminal_width=HELP_WIDTH)
            yield from _commands(below, inner)


def profile_keys() -> str:
    """Every key that a profile may hold, level by level, and the fields of each kind."""
    from ledger.domain.records import Kind
    from ledger.intake import layouts, profiles
    from ledger.intake.fields import FIELDS

    read = profiles
    tops = (*read._TOP_KEYS, *read._TABLE_KEYS)  # noqa: SLF001 - the one list of what the reader takes
    lines = [
        "# Keys of a profile",
        "What a profile (TOML) may say; any other key is refused by name. How to write one: [profiles.md](../profiles.md).",
        "## At the top",
        *_key_table(tops, "", _comments(profiles, "Profile", "TableRule") | _comments(layouts, "Layout")),
        "## [recognise]",
        *_key_table(("sheets", "headers", "fields", "file"), "recognise.", {}),
        "## [[sheets]]",
        "What the profile says at its top holds for each sheet, unless the sheet says otherwise.",
        *_key_table(read._SHEET_KEYS, "", _comments(profiles, "TableRule") | _comments(layouts, "Layout")),  # noqa: SLF001
        "## [columns.FIELD]",
        *_key_table(read._COLUMN_KEYS, "columns.", _comments(profiles, "ColumnRule")),  # noqa: SLF001
        "## [constants]",
        "Any field of the kind that is a text, a code, a date or a reference, and:",
        *_key_table(read._EXTRA_CONSTANTS, "constants.", {}),  # noqa: SLF001
        "## [total_rows]",
        *_key_table(("words", "columns", "values", "keys"), "total_rows.", {}),
        "## [[coverage]]",
        *_key_table(_names(KEY_WORDS, "coverage."), "coverage.", {}),
        "## Layouts",
        "For tables that are not one header row over one row per record. Each is a table of its own in the profile.",
    ]
    for name, keys in _layout_keys(layouts):
        listed = ", ".join(f"`{key}`" for key in keys)
        lines += [f"### {name}", inspect.cleandoc(getattr(layouts, name).__doc__), f"Keys: {listed}."]
    lines.append("## Fields by kind")
    for kind in Kind:
        rows = _by_type(FIELDS[kind].items())
        lines += [f"### {kind}", *table(("kind of cell", "fields"), rows)]
    return page(lines).replace("{kinds}", ", ".join(f"`{kind}`" for kind in Kind))


def report_keys() -> str:
    """Every key that the declaration of a report may hold, level by level."""
    from ledger.domain.stages import Basis, Stage
    from ledger.reporting import declaration as read

    levels = (
        ("At the top", "", read._REPORT_KEYS),  # noqa: SLF001 - the one list of what the reader takes
        ("[filters]", "filters.", read._FILTER_KEYS),  # noqa: SLF001
        ("[[measures]]", "measures.", read._MEASURE_KEYS),  # noqa: SLF001
        ("[[sheets]]", "sheets.", read._SHEET_KEYS),  # noqa: SLF001
        ("[[sheets.ratios]]", "ratios.", read._RATIO_KEYS),  # noqa: SLF001
        ("[[sheets.charts]]", "charts.", read._CHART_KEYS),  # noqa: SLF001
    )
    lines = ["# Keys of a report", REPORTS_SAY]
    for heading, prefix, keys in levels:
        rows = [(f"`{key}`", REPORT_WORDS[f"{prefix}{key}"]) for key in keys]
        lines += [f"## {heading}", *table(("key", "what it says"), rows)]
    words = {
        "needs": read._NEEDS,  # noqa: SLF001
        "stages": [each for each in Stage if each is not Stage.OUTSIDE],
        "bases": [*Basis, "total"],
        "kinds": read.KINDS,
        "keys": read.KEYS,
        "columns": read.COLUMNS,
        "charts": read.CHARTS,
    }
    text = page(lines)
    for name, values in words.items():
        text = text.replace(f"{{{name}}}", ", ".join(f"`{value}`" for value in values))
    return text


REPORTS_SAY = """What the declaration of a report (TOML) may say; any other key is refused by name. `euledger report show NAME` prints
one to begin with. Texts for people are one text, or a table by language: `title = { en = "…", fr = "…" }`. Reports of your
own stand in the folder `reports` beside the ledger's file, or in those that `reports = […]` in euledger.toml names."""


def _layout_keys(module: ModuleType) -> Iterator[tuple[str, list[str]]]:
    """(dataclass, keys) of every function that reads one: what it returns, and what it lets `check_keys` pass."""
    for function in ast.parse(inspect.getsource(module)).body:
        if not isinstance(function, ast.FunctionDef) or not isinstance(function.returns, ast.Name):
            continue
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "toml_keys.check_keys":
                yield function.returns.id, list(ast.literal_eval(call.args[2]))


def _by_type(named: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    grouped: dict[str, list[str]] = {}
    for name, kind in named:
        grouped.setdefault(kind.name.lower(), []).append(f"`{name}`")
    return [(kind, " ".join(names)) for kind, names in grouped.items()]


def _names(words: Iterable[str], prefix: str) -> list[str]:
    return [key.removeprefix(prefix) for key in words if key.startswith(prefix)]


def _key_table(keys: Iterable[str], prefix: str, comments: dict[str, str]) -> list[str]:
    rows = []
    for key in keys:
        said = KEY_WORDS.get(f"{prefix}{key}") or comments.get(key) or KEY_WORDS.get(key, "")
        assert said, f"say in tools/make_reference.py (KEY_WORDS), or beside the field, what the key {prefix}{key} does"
        rows.append((f"`{key}`", said))
    return table(("key", "what it says"), rows)


def _comments(module: ModuleType, *classes: str) -> dict[str, str]:
    """Field -> the `#:` comment above it (else its name in words), for the dataclasses of a module."""
    source = inspect.getsource(module)
    lines = source.splitlines()
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ClassDef) or node.name not in classes:
            continue
        for entry in node.body:
            if isinstance(entry, ast.AnnAssign) and isinstance(entry.target, ast.Name):
                said: list[str] = []
                at = entry.lineno - 2
                while lines[at].strip().startswith("#:"):
                    said.insert(0, lines[at].strip().removeprefix("#:").strip())
                    at -= 1
                if said:
                    found[entry.target.id] = " ".join(said)
    return found


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table as one text."""
    lines = [header, tuple("---" for _ in header), *rows]
    return ["\n".join(f"| {' | '.join(_cell(value) for value in line)} |" for line in lines)]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def page(parts: Sequence[str]) -> str:
    """The parts with the mark after the title, a blank line between them."""
    return "\n\n".join((parts[0], MARK, *parts[1:])) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli,
    "findings.md": findings,
    "checks.md": checks,
    "profile-keys.md": profile_keys,
    "report-keys.md": report_keys,
    "schema.md": schema,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
