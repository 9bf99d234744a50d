"""`euledger identify`, and how its answer is shown."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ledger.cli import options
from ledger.cli.console import Column, Console, shown
from ledger.cli.session import Session, pass_session
from ledger.reporting.exact_json import Confidence

if TYPE_CHECKING:
    from ledger.actions.identify import ColumnAnswer, IdentifyResult, SheetAnswer


@options.command("identify")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@options.settings
@options.output_format
@pass_session
def identify(session: Session, *, files: tuple[Path, ...], settings: dict[str, str]) -> None:
    r"""Which profile fits a file, and how each column would be read.

    Without a profile, header, extent, fields, number style, currency and unit
    are inferred; each answer says how sure it is and why (-v).

    \b
    Example: euledger identify operations.xlsx
    Changes: nothing.
    """
    from ledger.actions import identify as action
    from ledger.actions.import_files import found_files

    results = action.identify_files(found_files(files), settings=settings, profile_dirs=session.settings().profile_dirs)

    def text() -> None:
        for result in results:
            print_result(session.console, result)

    findings = [finding for result in results for finding in result.findings]
    session.finish([as_json(result) for result in results], findings, text, findings_are_data=True)


def as_json(result: IdentifyResult) -> dict[str, object]:
    """The result with the keys of DESIGN section 9."""
    return {**_fields(result), "sheets": [_sheet(sheet) for sheet in result.sheets]}


def _sheet(sheet: SheetAnswer) -> dict[str, object]:
    return {**_fields(sheet), "columns": [_fields(column) for column in sheet.columns]}


def _fields(answer: IdentifyResult | SheetAnswer | ColumnAnswer) -> dict[str, object]:
    """The fields of an answer by their names; its findings stand elsewhere in the envelope."""
    kept = {field.name: getattr(answer, field.name) for field in fields(answer) if field.name != "findings"}
    return {**kept, "confidence": Confidence(answer.confidence)}


def print_result(console: Console, result: IdentifyResult) -> None:
    """One file: its profile or its sheets, a line a column; with -v the evidence."""
    if not result.sheets:
        console.say(f"{result.file}: not identified")
        return
    known = f"profile {result.profile}" if result.profile else f"no profile, confidence {result.confidence}"
    console.say(f"{result.file}: {known}")
    for sheet in result.sheets:
        header = ", ".join(map(str, sheet.header_rows))
        totals = f", totals in {', '.join(map(str, sheet.total_rows[:10]))}" if sheet.total_rows else ""
        name = f"sheet {sheet.sheet!r}: " if sheet.sheet else ""
        console.say(f"{name}header in row {header}, {shown(sheet.data_rows)} rows of data{totals}")
        titles = ("column", "header", "field", "sure", "style", "currency", "unit")
        console.table([Column(title) for title in titles], [_line(column) for column in sheet.columns])
        if console.verbose:
            for column in sheet.columns:
                others = f"; or {', '.join(column.alternatives)}" if column.alternatives else ""
                told = "; ".join(column.evidence) or "no field of ours is called so"
                console.paragraphs([f"{column.letter}: {told}{others}"], indent=2)


def _line(column: ColumnAnswer) -> tuple[object, ...]:
    header = " ".join(column.header.split())
    short = header if len(header) <= 50 else f"{header[:49]}…"
    sure = str(column.confidence) if column.field else None
    return (
        column.letter, short, column.field, sure, column.number_style, column.currency,
        str(column.unit) if column.unit not in (None, 1) else None,
    )  # fmt: skip
